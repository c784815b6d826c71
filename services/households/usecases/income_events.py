"""Lines of income that other services tell: wages of the labour ledger, payments of support.

A report is known by its source's own id and revision, so that the same again, or an older one after a newer one,
changes nothing. What belongs to nobody on the register is kept, and taken when they are entered.
"""

from collections.abc import Sequence
from datetime import datetime

from services.households.codes import LISTS
from services.households.queries import income_reports as find
from services.households.rules.income_reports import WORK, Latest, Report, news
from services.households.rules.months import PERIOD, month_of
from services.households.usecases.grading import regrade_by_lane
from services.households.usecases.income import recompute
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.security.principals import SYSTEM

BATCH = 500


class ItemUnknown(ValueError):
    """The code list has no such item: the event becomes a dead letter, to be replayed when the list has it."""


async def take_reports(session: WriteSession, reports: Sequence[Report], now: datetime) -> None:
    """Keep what is new in a run of reports, and compute the households concerned."""
    for one in reports:
        if one.item != WORK and one.item not in LISTS["income_item"].texts:
            raise ItemUnknown(one.item)
    latest = await find.find_latest(session, {one.ref for one in reports})
    fresh = news(reports, latest)
    owners = await find.find_owners(session, fresh)
    known = [one for one in fresh if _key(one) in owners]
    await _replace(session, known, latest, now)
    rows = [find.entry_of(one, owners[_key(one)], latest.get(one.ref), now) for one in known]
    await find.insert_entries(session, rows)
    await find.forget_refs(session, known)
    # Of somebody who left, an earlier revision may stand: a newer one then ends it and waits for where they are now.
    strangers = [one for one in fresh if _key(one) not in owners]
    await _replace(session, strangers, latest, now)
    await find.keep_waiting(session, strangers, now)
    before = {latest[one.ref].household_id for one in fresh if one.ref in latest}
    touched = {row["household_id"] for row in rows} | before
    await recompute(session, touched, now)
    await regrade_by_lane(session, touched, now)


async def _replace(
    session: WriteSession, fresh: Sequence[Report], latest: dict[tuple[str, str], Latest], now: datetime
) -> None:
    """End what stood of them."""
    corrected = [latest[one.ref].entry_id for one in fresh if one.ref in latest and not one.withdrawn]
    withdrawn = [latest[one.ref].entry_id for one in fresh if one.ref in latest and one.withdrawn]
    await find.end_entries(session, corrected, "corrected", SYSTEM.id, now)
    await find.end_entries(session, withdrawn, "withdrawn", SYSTEM.id, now)


def _key(report: Report) -> str:
    return report.person_key or report.household_key or ""


async def take_waiting(session: WriteSession, now: datetime) -> bool:
    """Take a batch of what waited for people who are known by now; whether there may be more."""
    waiting = await find.list_known_now(session, BATCH)
    if waiting:
        await take_reports(session, waiting, now)
    return len(waiting) == BATCH


async def forget_waiting(session: WriteSession, now: datetime) -> None:
    """Drop what is older than any period still asked for: the present one, and a year for late questions."""
    await find.forget_before(session, month_of(local_date(now)) - 2 * PERIOD)
