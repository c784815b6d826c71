"""National cases that a list of the national system tells of and that nobody here has: they are taken over as they are.

The list is what the county has decided and entered there already, so no gate is passed a second time. A household that
has a case here is never touched by a list: its case moves by its procedure alone.
"""

from collections.abc import Sequence
from datetime import date, datetime

from services.households import events
from services.households.models import CaseMove, MonitoringCase
from services.households.queries.adopting import show_adopted
from services.households.queries.list_staging import find_cases
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.register_imports import NationalRecord, RegisterMovedOn
from services.households.usecases.case_clocks import Timekeeper
from shared.clock import local_date, start_of_day
from shared.contracts.monitoring import State
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.lanes import Lane
from shared.outbox import emit
from shared.security.principals import Principal

SOURCE = "national_list"


async def adopt_cases(session: WriteSession, who: Principal, records: Sequence[NationalRecord], now: datetime) -> int:
    """Open a case for each record, `monitored` or `eliminated`; returns how many.

    Its households are registered and held by the caller. Raises `RegisterMovedOn` when one of them has a case by now.
    Its clocks begin on the day it comes here: what was due before passed, or was met, in the other system.
    """
    if await find_cases(session, [one.household_id for one in records]):
        raise RegisterMovedOn
    cases = [_case(who, record, now) for record in records]
    keepers = {area: await Timekeeper.load(session, area, local_date(now)) for area in {one.area_code for one in cases}}
    for case in cases:
        keepers[case.area_code].set(case, [])
    session.add_all(cases)
    await session.flush()
    days = zip(cases, records, strict=True)
    session.add_all(_opening(who, case, _day(record) or case.state_since, now) for case, record in days)
    await session.flush()
    await show_adopted(session, records)
    await emit(session, *map(events.case_opened, cases), lane=Lane.BULK)
    return len(records)


def _day(record: NationalRecord) -> date | None:
    """Since when it stands where it stands, as the list says."""
    return record.eliminated_on if record.eliminated else record.identified_on


def _case(who: Principal, record: NationalRecord, now: datetime) -> MonitoringCase:
    state: State = "eliminated" if record.eliminated else "monitored"
    return MonitoringCase(
        id=new_id(),
        household_id=record.household_id,
        area_code=record.area_code,
        state=state,
        round=1,
        monitoring_class=record.monitoring_class,
        main_risk=record.risks[0] if record.risks else None,
        risks=list(record.risks),
        source=SOURCE,
        opened_at=_opened_at(record, now),
        opened_by=who.id,
        state_since=local_date(now),
        identified_on=record.identified_on,
        eliminated_on=record.eliminated_on if record.eliminated else None,
        fast_lane=False,
        version=1,
        updated_at=now,
    )


def _opened_at(record: NationalRecord, now: datetime) -> datetime:
    """It was a case all along: what has helped since the day it was identified may be recorded here."""
    return min(start_of_day(record.identified_on), now) if record.identified_on else now


def _opening(who: Principal, case: MonitoringCase, on: date, now: datetime) -> CaseMove:
    return CaseMove(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=1,
        from_state=None,
        to_state=case.state,
        happened_on=min(on, case.state_since),
        at=now,
        by=who.id,
        by_level=DESK_LEVELS.get(who.role),
        policy_id=case.policy_id,
        evidence={"source": SOURCE},
    )
