"""Grades set by hand: set, ended, and expired by themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.households.models import GradeOverride
from services.households.queries import grading as queries
from services.households.queries.register import lock_household
from services.households.rules.grade_overrides import HouseholdGone, OverrideMissing, check_override
from services.households.rules.grading import GradeRulesMissing
from services.households.usecases.grade_rules import GradeRuleSets
from services.households.usecases.grading import PART, regrade
from shared.clock import local_date
from shared.contracts.grade_policies import Grade
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.lanes import Lane
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

REASON = "grade-override"
"""Purpose under which the reason is sealed."""
_PERMIT = "grade:override"


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """A grade, why, and its last day. The reason may name people: it is stored sealed."""

    grade: Grade
    reason: str
    until: date


async def set_override(
    session: WriteSession, vault: Vault, who: Principal, household_id: UUID, draft: OverrideDraft, now: datetime
) -> GradeOverride:
    """Set the grade of a household for some time; one that was set before ends.

    Raises `HouseholdNotFound`, `HouseholdGone`, `GradeRulesMissing`, `OverrideNotAllowed`, `OverrideTooLong`.
    """
    household = await lock_household(session, who.scope, household_id)
    if household.dissolved_on is not None:
        raise HouseholdGone
    rules = (await GradeRuleSets.load(session, local_date(now))).find(household.area_code)
    if rules is None:
        raise GradeRulesMissing
    check_override(rules.body.override, who.role, draft.until, local_date(now))
    before = await _live(session, household_id)
    if before is not None:
        before.ended_at, before.ended_by = now, who.id
        await session.flush()
    made = GradeOverride(
        id=new_id(),
        household_id=household_id,
        area_code=household.area_code,
        grade=draft.grade,
        reason_sealed=vault.seal(draft.reason.encode(), REASON),
        until=draft.until,
        policy_id=rules.policy_id,
        set_by=who.id,
        set_at=now,
    )
    session.add(made)
    await session.flush()
    await regrade(session, [household_id], now, by=who.id)
    await audit.record(
        session,
        who,
        _PERMIT,
        household_id,
        area_code=household.area_code,
        grade=draft.grade,
        until=draft.until.isoformat(),
        override=str(made.id),
    )
    return made


async def end_override(session: WriteSession, who: Principal, household_id: UUID, now: datetime) -> None:
    """Let the calculated grade count again. Raises `HouseholdNotFound`, `OverrideNotAllowed`, `OverrideMissing`."""
    household = await lock_household(session, who.scope, household_id)
    rules = (await GradeRuleSets.load(session, local_date(now))).find(household.area_code)
    if rules is not None:
        check_override(rules.body.override, who.role, local_date(now), local_date(now))
    live = await _live(session, household_id)
    if live is None:
        raise OverrideMissing
    live.ended_at, live.ended_by = now, who.id
    await session.flush()
    await regrade(session, [household_id], now, by=who.id)
    await audit.record(session, who, _PERMIT, household_id, area_code=household.area_code, ended=str(live.id))


async def expire_overrides(session: WriteSession, now: datetime) -> int:
    """Grade anew up to `PART` households whose grade by hand had its last day; returns how many there were."""
    expired = await queries.list_expired(session, local_date(now), PART)
    await regrade(session, expired, now, lane=Lane.BULK)
    return len(expired)


async def _live(session: WriteSession, household_id: UUID) -> GradeOverride | None:
    found: GradeOverride | None = await session.scalar(
        select(GradeOverride).where(GradeOverride.household_id == household_id, GradeOverride.ended_at.is_(None))
    )
    return found
