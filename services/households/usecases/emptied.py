"""A household empties, and its national case is over by itself; a mistake is put right, and the case goes on as before.

When the last one has died or moved away nobody is left to be helped. The system ends the case, not whoever told of the
death: a village may not close a case, and does not by this.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from services.households.models import CaseMove, Household, MonitoringCase
from services.households.queries import monitoring as find
from services.households.queries.monitoring import MonitoringRow
from services.households.rules.monitoring.states import ENDS, FINAL
from services.households.rules.register import EMPTIED
from services.households.usecases.moves import go_by_itself
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.security.principals import SYSTEM

BATCH = 200
assert set(EMPTIED.values()) == set(ENDS)


async def end_case_of(session: WriteSession, household: Household, now: datetime) -> MonitoringCase | None:
    """End the case of a locked household in which nobody lives, if it has one; in the transaction that emptied it."""
    to = ENDS.get(household.dissolved_reason or "")
    case = await find.find_active(session, household.id)
    if case is None or to is None or household.dissolved_on is None:
        return None
    on = min(max(household.dissolved_on, case.state_since), local_date(now))
    kept = {"since": case.state_since.isoformat(), "measure_from": case.measure_from and case.measure_from.isoformat()}
    case.measure_from = None
    await go_by_itself(session, SYSTEM, MonitoringRow(case, household), "emptied", kept, on, now, to=to, on=on)
    return case


async def end_emptied(session: WriteSession, now: datetime) -> int:
    """End up to `BATCH` cases of households that a list has emptied, or that were so before anybody looked."""
    query = (
        select(Household)
        .join(MonitoringCase, MonitoringCase.household_id == Household.id)
        .where(
            MonitoringCase.state.not_in(FINAL),
            Household.dissolved_on.is_not(None),
            Household.merged_into.is_(None),
            Household.dissolved_reason.in_(ENDS),
        )
        .order_by(Household.id)
        .limit(BATCH)
        .with_for_update(of=Household, skip_locked=True)
    )
    emptied: Sequence[Household] = (await session.scalars(query)).all()
    for household in emptied:
        await end_case_of(session, household, now)
    return len(emptied)


async def resume_case_of(session: WriteSession, household: Household, now: datetime) -> MonitoringCase | None:
    """Nobody had gone: the case that ended with a locked household stands where it stood, with its days."""
    query = (
        select(MonitoringCase, CaseMove)
        .join(CaseMove, CaseMove.case_id == MonitoringCase.id)
        .where(MonitoringCase.household_id == household.id)
        .order_by(MonitoringCase.id.desc(), CaseMove.id.desc())
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    case, last = found
    kept = last.evidence.get("emptied")
    if kept is None or last.from_state is None or await find.find_active(session, household.id) is not None:
        return None
    case.measure_from = date.fromisoformat(kept["measure_from"]) if kept["measure_from"] else None
    since = date.fromisoformat(kept["since"])
    row = MonitoringRow(case, household)
    await go_by_itself(session, SYSTEM, row, "restored", True, since, now, to=last.from_state)
    return case
