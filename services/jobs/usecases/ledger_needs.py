"""Who wants work, or other work, by what the ledger says of the present month: a need (就业需求) for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.models import Person
from services.jobs.queries import ledger_needs as queries
from services.jobs.queries.ledger import Row
from services.jobs.rules.ages import is_minor
from services.jobs.rules.ledger import wants_work
from services.jobs.rules.months import month_of
from services.jobs.usecases.needs import REFERRAL
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id


async def follow_wishes(
    session: WriteSession, rows: Sequence[Row], people: Mapping[UUID, Person], now: datetime
) -> None:
    """Open needs for those of the rows who want work, withdraw what the ledger asked for the others."""
    today = local_date(now)
    rows = [row for row in rows if row["month"] == month_of(today) and row["person_id"] in people]
    wanted = [row for row in rows if _wants(row) and not is_minor(people[row["person_id"]].birth_on, today)]
    unwanted = [row["person_id"] for row in rows if not _wants(row)]
    if unwanted:
        await queries.withdraw_unwanted(session, unwanted, now)
    if wanted:
        await queries.open_wanted(session, [_need(row) for row in wanted], now)


def _wants(row: Row) -> bool:
    return wants_work(row["status"], row["wants_change"], row["able"], row["willing"])


def _need(row: Row) -> dict[str, Any]:
    return {
        "id": new_id(),
        "person_id": row["person_id"],
        "area_code": row["area_code"],
        "source_ref": queries.source_ref(row["person_id"], row["month"]),
        "wants_change": row["status"] == "out",
        "services": list(row["services"]) or [REFERRAL],
    }
