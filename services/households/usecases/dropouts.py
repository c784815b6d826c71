"""Cases of children who dropped out are opened: by a confirmed alert, or by hand. Never two of one child at once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.households.models import DropoutCase, Evidence, Household, Member, RiskCase
from services.households.queries import dropouts as find
from services.households.queries.checks import lock_subjects
from services.households.queries.dropouts import DropoutRow
from services.households.queries.register import get_member, lock_at_home, lock_household
from services.households.rules.register import MemberLeft, require_lives
from services.households.rules.schooling.ages import EDUCATION, owes_school, term_of
from services.households.rules.schooling.refusals import DropoutActive, DropoutDayOutOfOrder, OwesNoSchool
from services.households.usecases.dropout_states import Step, settle, write_move
from services.households.usecases.grading import regrade
from services.households.usecases.schooling_rules import SchoolingRules, find_rules, get_rules
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import CannotOpen, Vault


@dataclass(frozen=True, slots=True)
class Found:
    """A child in no school, as somebody or an alert tells it. `note` is stored sealed."""

    on: date
    school: str | None
    grade: str | None
    source: str = "hand"
    risk_case_id: UUID | None = None
    note: str | None = None


async def open_dropout(
    session: WriteSession, vault: Vault, who: Principal, member_id: UUID, found: Found, now: datetime
) -> DropoutRow:
    """Open a case by hand; raises `DropoutActive`, `OwesNoSchool`, `MemberLeft`, `DropoutDayOutOfOrder`."""
    member = await get_member(session, who.scope, member_id)
    await lock_subjects(session, [str(member.household_id)])
    household, member = await lock_at_home(session, who.scope, member_id)
    require_lives(household.dissolved_on)
    if member.left_on is not None:
        raise MemberLeft
    if found.on > local_date(now) or found.on < member.birth_on:
        raise DropoutDayOutOfOrder(
            field="found_on", first=member.birth_on.isoformat(), last=local_date(now).isoformat()
        )
    rules = await get_rules(session, household.area_code, found.on)
    if not owes_school(member.birth_on, member.school_stage, found.on, rules.body):
        raise OwesNoSchool(field="member_id")
    if await find.find_active(session, member.id) is not None:
        raise DropoutActive(field="member_id")
    case = await _open(session, vault, who, member, household, found, rules, now)
    await regrade(session, [household.id], now, by=who.id)
    return DropoutRow(case, member, household)


async def confirm_dropouts(
    session: WriteSession, vault: Vault, who: Principal, check: RiskCase, now: datetime
) -> list[DropoutCase]:
    """A check of alerts confirmed a risk: each pupil whom its schooling alerts are about gets a case.

    In the verdict's transaction, which grades the household afterwards. A child that has a case keeps it. Where no
    policy says who owes school, nothing is opened.
    """
    if check.household_id is None or check.area_alert_id is not None or check.risk_family != EDUCATION:
        return []
    rules = await find_rules(session, check.area_code, local_date(now))
    if rules is None:
        return []
    suspected = await find.find_suspected(session, check.id, check.household_id, rules.body.feeds)
    if not suspected:
        return []
    household = await lock_household(session, who.scope, check.household_id)
    if household.dissolved_on is not None:
        return []
    opened = []
    for member, evidence in suspected:
        owes = owes_school(member.birth_on, member.school_stage, evidence.occurred_on, rules.body)
        if owes and await find.find_active(session, member.id) is None:
            told = school_of(vault, evidence)
            on = min(evidence.occurred_on, local_date(now))
            found = Found(on, told.get("school"), told.get("grade"), "check", check.id)
            opened.append(await _open(session, vault, who, member, household, found, rules, now))
    return opened


def school_of(vault: Vault, evidence: Evidence) -> dict[str, Any]:
    """What an alert tells of school and grade; nothing where it cannot be opened."""
    try:
        told: dict[str, Any] = vault.open_json(evidence.sealed, "alert").get("evidence") or {}
    except CannotOpen:
        return {}
    return {name: told[name] for name in ("school", "grade") if isinstance(told.get(name), str)}


async def _open(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    member: Member,
    household: Household,
    found: Found,
    rules: SchoolingRules,
    now: datetime,
) -> DropoutCase:
    case = DropoutCase(
        id=new_id(),
        member_id=member.id,
        household_id=household.id,
        area_code=household.area_code,
        state="found",
        source=found.source,
        risk_case_id=found.risk_case_id,
        school=found.school,
        school_grade=found.grade,
        term=term_of(found.on, rules.calendar),
        found_on=found.on,
        state_since=found.on,
        round=0,
        legal_step=0,
        policy_id=rules.policy_id,
        opened_by=who.id,
        opened_at=now,
        version=0,
        updated_at=now,
    )
    session.add(case)
    await session.flush()
    step = Step("opening", found.on, who.id, now, found.risk_case_id, found.note, rules.policy_id)
    write_move(session, vault, case, None, "found", step)
    await settle(session, vault, who, case, member, household, now)
    await audit.record(session, who, "dropout:open", case.id, area_code=case.area_code, source=found.source)
    return case
