"""What people do with the register: enter, change, remove, look up, look at one field in clear."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from services.households.models import Household, Member
from services.households.queries import register as find
from services.households.queries.register import Found
from services.households.rules import register as rules
from services.households.rules.grading import Cause
from services.households.rules.register import HouseholdFacts, MemberFacts
from services.households.usecases import sealing
from services.households.usecases.areas import require_area
from services.households.usecases.grading import regrade
from services.households.usecases.telling import TOLD_OF_HOUSEHOLD, tell_household, tell_members, whereabouts
from shared.areas import Scope
from shared.db.engine import WriteSession, raw
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

# Tasks on a village's or township's desk move with the household; what somebody put on the county's desk stays.
_FOLLOW = """
UPDATE task SET area_code = CASE task.level WHEN 'village' THEN h.area_code ELSE left(h.area_code, 9) || '000' END
FROM household h
WHERE h.id = task.household_id AND h.id = ANY ($1) AND task.state IN ('open', 'accepted')
    AND task.level <> 'county' AND task.area_code NOT IN (h.area_code, left(h.area_code, 9) || '000')
"""


async def add_household(
    session: WriteSession, vault: Vault, who: Principal, facts: HouseholdFacts, now: datetime
) -> Household:
    """Enter a household with its members."""
    await require_area(session, who, facts.area_code)
    household = Household(
        id=new_id(), version=1, created_at=now, updated_at=now, **sealing.household_values(vault, facts)
    )
    session.add(household)
    await _flush(session)
    for member in facts.members:
        session.add(_member(vault, household, member, now))
    await _flush(session)
    await tell_household(session, household)
    await audit.record(session, who, "household:write", household.id, area_code=household.area_code, did="added")
    await regrade(session, [household.id], now, by=who.id)
    return household


async def change_household(
    session: WriteSession, vault: Vault, who: Principal, household: Household, changes: dict[str, Any], now: datetime
) -> None:
    """Change fields of a locked household; what hangs on it follows it to another village."""
    if "area_code" in changes:
        await require_area(session, who, changes["area_code"])
    for name, value in sealing.household_changes(vault, changes).items():
        setattr(household, name, value)
    household.version += 1
    household.updated_at = now
    await _flush(session)
    await follow_households(session, [household.id])
    if changes.keys() & TOLD_OF_HOUSEHOLD:
        await tell_household(session, household)
    await audit.record(
        session, who, "household:write", household.id, area_code=household.area_code, fields=sorted(changes)
    )
    await regrade(session, [household.id], now, by=who.id)


async def add_member(
    session: WriteSession, vault: Vault, who: Principal, household_id: UUID, facts: MemberFacts, now: datetime
) -> Member:
    """Enter a person into a household; raises `PersonElsewhere` when they live in one already."""
    household = await find.lock_household(session, who.scope, household_id)
    member = _member(vault, household, facts, now)
    session.add(member)
    await _flush(session)
    await tell_members(session, [whereabouts(household, member.person_key)])
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="added")
    await regrade(session, [household.id], now, by=who.id)
    return member


async def change_member(
    session: WriteSession, vault: Vault, who: Principal, member: Member, changes: dict[str, Any], now: datetime
) -> None:
    """Change fields of a locked person. With another ID number it is another person to others: the one before is gone."""
    before = member.person_key
    for name, value in sealing.member_changes(vault, changes).items():
        setattr(member, name, value)
    member.version += 1
    member.updated_at = now
    await _flush(session)
    if member.person_key != before and member.left_on is None:
        household = await find.get_household(session, who.scope, member.household_id)
        gone = whereabouts(household, before, active=False)
        await tell_members(session, [gone, whereabouts(household, member.person_key)])
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, fields=sorted(changes))
    await regrade(session, [member.household_id], now, by=who.id)


async def remove_member(
    session: WriteSession, who: Principal, member_id: UUID, reason: str, on: date, now: datetime
) -> Member:
    """The person leaves the household and stays on its record; their ID number is free for another household."""
    member = await find.lock_member(session, who.scope, member_id)
    if member.left_on is not None:
        raise rules.MemberLeft
    member.left_on, member.left_reason = on, reason
    member.version += 1
    member.updated_at = now
    household = await find.get_household(session, who.scope, member.household_id)
    await tell_members(session, [whereabouts(household, member.person_key, active=False)])
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="left", reason=reason)
    cause: Cause = "correction" if reason == "mistake" else "fact"
    await regrade(session, [member.household_id], now, cause=cause, by=who.id)
    return member


async def reveal(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    member_id: UUID,
    field: Literal["id_number", "phone"],
    reason: str,
) -> str:
    """One field of one person in clear. Who asked for which field, and why, is on record before it is shown."""
    member = await find.get_member(session, who.scope, member_id)
    sealed, purpose = {
        "id_number": (member.id_number_sealed, sealing.ID_NUMBER),
        "phone": (member.phone_sealed, sealing.PERSON_PHONE),
    }[field]
    if sealed is None:
        raise rules.NothingToReveal
    await audit.record(session, who, "member:reveal", member.id, area_code=member.area_code, field=field, reason=reason)
    return vault.open(sealed, purpose).decode()


async def search(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    by: Literal["id_number", "name", "phone", "national_code"],
    sought: Any,
    scope: Scope,
    after: UUID | None,
    limit: int,
) -> Sequence[Found]:
    """Look somebody up within `scope`; who looked by what is on record, not for whom."""
    match by:
        case "id_number":
            found = await find.find_by_person(session, scope, vault.person_key(sought))
        case "phone":
            found = await find.find_by_phone(session, scope, vault.index(sought, "phone"), limit)
        case "national_code":
            found = await find.find_by_national_code(session, scope, sought)
        case "name":
            found = await find.find_by_name(session, scope, sought, after, limit)
    await audit.record(session, who, "household:search", "search", by=by, found=len(found))
    return found


async def follow_households(session: WriteSession, household_ids: Collection[UUID]) -> None:
    """Move the open tasks of households to the desks of where they live now. Cases and visits follow by themselves."""
    if household_ids:
        await (await raw(session)).execute(_FOLLOW, list(household_ids))


def _member(vault: Vault, household: Household, facts: MemberFacts, now: datetime) -> Member:
    return Member(
        id=new_id(),
        household_id=household.id,
        area_code=household.area_code,
        version=1,
        created_at=now,
        updated_at=now,
        **sealing.member_values(vault, facts),
    )


_UNIQUE = {
    "uq_member_person_key": rules.PersonElsewhere,
    "uq_household_national_code": rules.HouseholdExists,
    "uq_household_household_key": rules.HouseholdExists,
}


async def _flush(session: WriteSession) -> None:
    """Write, and let the unique constraints speak: they see rows the asker may not."""
    try:
        await session.flush()
    except IntegrityError as error:
        constraint = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
        conflict = _UNIQUE.get(constraint or "")
        if conflict is None:
            raise
        raise conflict from None
