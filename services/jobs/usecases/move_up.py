"""The move-up queue (转岗): who out at work should have a better post, and a need for one opened in one call."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.jobs.queries import at_work as find
from services.jobs.queries import needs
from services.jobs.queries.at_work import AtWorkRow
from services.jobs.queries.needs import NeedRow
from services.jobs.queries.people import lock_person
from services.jobs.rules.move_up import AtWork, Place, place
from services.jobs.rules.needs import Wishes
from services.jobs.rules.placement_refusals import NotInMoveUp
from services.jobs.usecases.needs import open_need
from shared.areas import CODE_LENGTH, Scope
from shared.clock import local_date
from shared.contracts.jobs_placement_policies import MoveUp
from shared.db.engine import ReadSession, WriteSession
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal

KIND = "move-up"
EACH = timedelta(hours=20)
"""Medians are reckoned once a day."""


class QueueRow(NamedTuple):
    """Somebody in the queue, and why."""

    work: AtWorkRow
    place: Place


async def list_queue(
    session: ReadSession, scope: Scope, now: datetime, after: tuple[int, UUID] | None, limit: int
) -> Sequence[QueueRow]:
    """The most urgent first, by the policy of the area that is asked about; raises `PolicyMissing`."""
    today = local_date(now)
    first = min(scope.prefixes, default="").ljust(CODE_LENGTH, "0")
    body = MoveUp.model_validate((await policies.load(session, KIND)).in_force(first, today).body)
    rows = await find.list_queue(session, scope, body, today, after, limit)
    return [QueueRow(row, found) for row in rows if (found := place(_at_work(row), body)) is not None]


async def open_move_up(
    session: WriteSession, who: Principal, person_id: UUID, trades: tuple[str, ...], now: datetime
) -> NeedRow:
    """A need for another post, that pays no less than today's; one that is open already is marked as such a need.

    Raises `PersonNotFound`, `NotInMoveUp` where the ledger has nobody at work.
    """
    person = await lock_person(session, who.scope, person_id)
    today = local_date(now)
    work = await find.find_at_work(session, person.id, today)
    if work is None:
        raise NotInMoveUp(field="person_id")
    floor: Decimal | None = work.wage
    for need in await needs.list_open_of(session, person.id):
        need.wants_change = True
        need.wage_floor = max(need.wage_floor or Decimal(0), floor or Decimal(0)) or None
        need.wanted_trades = list(dict.fromkeys([*need.wanted_trades, *trades]))
        need.version += 1
        await audit.record(session, who, "need:change", need.id, area_code=need.area_code)
        await session.flush()
        return NeedRow(need, person)
    wishes = Wishes(wants_change=True, wanted_trades=trades, wage_floor=floor, services=("referral",))
    ref = f"move-up:{person.id}:{now.isoformat()}"
    return await open_need(session, who, person.id, wishes, now, source="move_up", source_ref=ref)


async def reckon_medians(session: WriteSession, now: datetime) -> None:
    """Once a day: what each trade earns."""
    last = await find.last_reckoned(session)
    if last is None or now - last > EACH:
        await find.reckon_medians(session, local_date(now), now)


def _at_work(row: AtWorkRow) -> AtWork:
    return AtWork(row.work_kind, row.wage, bool(row.wants_change), row.median, row.median_people)
