"""Cases of children who dropped out end by themselves: of age, dead, or gone from the county.

By the register alone, and soon after it says so; whoever counts children out of school shall count no others.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.households.models import DropoutCase, Member
from services.households.queries import dropouts as find
from services.households.rules.schooling.ages import over_age_on
from services.households.rules.schooling.refusals import DropoutCaseNotFound
from services.households.rules.schooling.states import FINAL, require_move
from services.households.usecases.dropout_moves import leave
from services.households.usecases.dropout_states import Step, settle, write_move
from services.households.usecases.grading import regrade
from services.households.usecases.schooling_rules import KIND
from shared.clock import local_date
from shared.contracts.schooling_policies import Schooling
from shared.db.engine import ReadSession, WriteSession
from shared.projections.policies import InForce, load_in_force
from shared.security import audit
from shared.security.principals import SYSTEM
from shared.security.vault import Vault

LEFT = {
    "deceased": "deceased",
    "moved_away": "left_county",
    "married_out": "left_county",
    "mistake": "mistaken",
}
"""Why somebody left the register (`left_reason`), and for which reason the case is over (`dropout_exemption`). Who moves
within the county stays in the register, and the case goes along."""


async def list_over(session: ReadSession, now: datetime) -> list[UUID]:
    """Open cases whose child left the register, or owes school no longer by the policy of its area."""
    in_force = await load_in_force(session, KIND, local_date(now), Schooling)
    query = (
        select(DropoutCase, Member)
        .join(Member, Member.id == DropoutCase.member_id)
        .where(DropoutCase.state.not_in(FINAL))
        .order_by(DropoutCase.id)
    )
    rows = await session.execute(query)
    return [case.id for case, member in rows if _end_of(case, member, in_force) is not None]


async def end_dropout(session: WriteSession, vault: Vault, case_id: UUID, now: datetime) -> bool:
    """End one of them, unless somebody was quicker. Whether it was ended."""
    try:
        row = await find.lock_case(session, SYSTEM.scope, case_id)
    except DropoutCaseNotFound:
        return False
    case, today = row.case, local_date(now)
    in_force = await load_in_force(session, KIND, today, Schooling)
    ended = _end_of(case, row.member, in_force)
    if case.state in FINAL or ended is None:
        return False
    day, exemption = ended
    on = min(max(day, case.state_since), today)
    require_move(case.state, "exempt", "register")
    await leave(session, SYSTEM.id, case, "exempt", on, now)
    _, policy_id = in_force.find(case.area_code)
    write_move(session, vault, case, case.state, "exempt", Step("register", on, SYSTEM.id, now, policy_id=policy_id))
    case.exemption = exemption
    await settle(session, vault, SYSTEM, case, row.member, row.household, now)
    await audit.record(session, SYSTEM, "dropout:move", case.id, area_code=case.area_code, to="exempt", why=exemption)
    await regrade(session, [case.household_id], now, by=SYSTEM.id)
    return True


def _end_of(case: DropoutCase, member: Member, in_force: InForce[Schooling]) -> tuple[date, str] | None:
    """The day on which it is over, and why; None while it is not."""
    if member.left_on is not None and member.left_reason in LEFT:
        return member.left_on, LEFT[member.left_reason]
    rules, _ = in_force.find(case.area_code)
    if rules is None:
        return None  # nobody says until when school is owed
    last = over_age_on(member.birth_on, rules)
    return (last, "completed") if last <= in_force.today else None
