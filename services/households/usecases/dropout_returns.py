"""Cases of children who dropped out go on when the child is in the register once more: entered anew, or never gone.

A return that is still being checked does not become a stable one by being struck off for a day: the case that ended with
the child's leaving stands where it stood, and the check after the last one that held is due. By the system, soon after;
a gate knows of it at once (`queries/gate_history.py` `count_back`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.households.models import DropoutCase, DropoutMove, Household, StayCheck
from services.households.queries.dropouts import came_back
from services.households.rules.schooling.states import FINAL, require_move
from services.households.usecases.dropout_states import Step, settle, write_move
from services.households.usecases.following import follow_members
from services.households.usecases.grading import regrade
from services.households.usecases.schooling_rules import SchoolingRules, find_rules
from services.households.usecases.stay_checks import plan_after
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM
from shared.security.vault import Vault


async def list_back(session: ReadSession) -> list[UUID]:
    """Cases whose child is in the register again."""
    return [case.id for case, _ in await session.execute(came_back().order_by(DropoutCase.id))]


async def resume_dropout(session: WriteSession, vault: Vault, case_id: UUID, now: datetime) -> bool:
    """Let one of them go on, unless somebody was quicker. Whether it does."""
    query = came_back().where(DropoutCase.id == case_id).with_for_update(of=DropoutCase)
    found = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        return False
    case, member = found
    rules = await find_rules(session, member.area_code, local_date(now))
    if case.state in FINAL and rules is None:
        return False
    case.member_id = member.id
    await session.flush()
    await follow_members(session, [member.id])
    await session.refresh(case)
    if case.state in FINAL and rules is not None:
        await _stand_where_it_stood(session, vault, case, rules, now)
    household = await session.get_one(Household, case.household_id)
    await settle(session, vault, SYSTEM, case, member, household, now)
    await audit.record(session, SYSTEM, "dropout:move", case.id, area_code=case.area_code, to=case.state, why="back")
    await regrade(session, [case.household_id], now, by=SYSTEM.id)
    return True


async def _stand_where_it_stood(
    session: WriteSession, vault: Vault, case: DropoutCase, rules: SchoolingRules, now: datetime
) -> None:
    of_case = select(DropoutMove).where(DropoutMove.case_id == case.id).order_by(DropoutMove.id.desc()).limit(1)
    [last] = await session.scalars(of_case)
    assert last.from_state is not None  # it was opened before it ended
    require_move(case.state, last.from_state, "register")
    step = Step("register", max(local_date(now), case.state_since), SYSTEM.id, now, policy_id=rules.policy_id)
    write_move(session, vault, case, case.state, last.from_state, step)
    case.exemption = None
    if case.state == "returned":
        held = select(func.max(StayCheck.days), func.max(StayCheck.seen_on)).where(
            StayCheck.case_id == case.id, StayCheck.round == case.round, StayCheck.state == "present"
        )
        days, seen_on = (await session.execute(held)).one()
        await plan_after(session, SYSTEM, case, rules, days or 0, seen_on, now)
