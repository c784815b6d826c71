"""The sweep over the clocks of national cases: a warning before a deadline, once; after it, level by level (超期上报).

Safe with several processes: each takes rows the others have not locked. The case stays with its holder all the time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from services.households import events
from services.households.models import MonitoringCase
from services.households.queries.monitoring import find_pauses
from services.households.rules.desks import LEVELS
from services.households.usecases.case_clocks import Timekeeper
from shared.clock import local_date
from shared.contracts.case_policies import CaseClocks
from shared.contracts.households import Level
from shared.contracts.policies import FeedCalendar
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.projections.policies import load_in_force

BATCH = 500


async def warn_of_clocks(session: WriteSession, now: datetime) -> int:
    """Warn of deadlines that come near in up to `BATCH` cases, of each clock once; returns how many cases were looked at.

    One that has passed is no warning. A case that is late in its state is still warned of the clock to its decision.
    """
    cases = await _lock(session, MonitoringCase.warn_at <= now)
    clocks = await load_in_force(session, "case-clocks", local_date(now), CaseClocks)
    calendars = await load_in_force(session, "feed-calendar", local_date(now), FeedCalendar)
    pauses = await find_pauses(session, [one.id for one in cases])
    told = []
    for one in cases:
        in_force, policy_id = clocks.find(one.area_code)
        keeper = Timekeeper(in_force, calendars.find(one.area_code)[0] or FeedCalendar(), policy_id)
        near, one.warn_at = keeper.look_ahead(one, pauses.get(one.id, []), now)
        if near:
            one.warned_at = now
        told += [events.case_warned(one, deadline, now) for deadline in near]
    await emit(session, *told, lane=Lane.BULK)
    return len(cases)


async def escalate_cases(session: WriteSession, now: datetime) -> int:
    """Raise up to `BATCH` late cases by one level where the policy in force says so; returns how many.

    One raised at `now` is not looked at again in the same sweep, so that each level gets its chance.
    """
    due = await _find_due(session, now)
    told = []
    for one in await _lock(session, MonitoringCase.id.in_(due), _not_raised_at(now)):
        assert one.holder_level is not None
        from_level = one.raised_to or one.holder_level
        one.raised_to, one.escalated_at = due[one.id], now
        told.append(events.case_escalated(one, from_level, now))
    await emit(session, *told, lane=Lane.BULK)
    return len(told)


async def _find_due(session: WriteSession, now: datetime) -> dict[UUID, Level]:
    """Late cases that are to move up, with the level that is told. Looked through unlocked: they are few."""
    in_force = await load_in_force(session, "case-clocks", local_date(now), CaseClocks)
    case = MonitoringCase
    query = select(case.id, case.holder_level, case.raised_to, case.due_at, case.area_code).where(
        case.due_at <= now, _not_at_the_top(), _not_raised_at(now)
    )
    due: dict[UUID, Level] = {}
    for case_id, holder, raised_to, due_at, area_code in await session.execute(query.order_by(case.due_at, case.id)):
        clocks, _ = in_force.find(area_code)
        if clocks is None or holder is None or due_at is None:
            continue
        upper = LEVELS[LEVELS.index(raised_to or holder) + 1]
        wait = clocks.to_township if upper == "township" else clocks.to_county
        if now >= due_at + timedelta(days=wait):
            due[case_id] = upper
        if len(due) == BATCH:
            break
    return due


async def _lock(session: WriteSession, *conditions: ColumnElement[bool]) -> Sequence[MonitoringCase]:
    query = (
        select(MonitoringCase)
        .where(MonitoringCase.due_at.is_not(None), *conditions)
        .order_by(MonitoringCase.due_at, MonitoringCase.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


def _not_at_the_top() -> ColumnElement[bool]:
    case = MonitoringCase
    return (case.holder_level != "county") & or_(case.raised_to.is_(None), case.raised_to != "county")


def _not_raised_at(now: datetime) -> ColumnElement[bool]:
    return or_(MonitoringCase.escalated_at.is_(None), MonitoringCase.escalated_at < now)
