"""What people do with the register: enter, change, remove, look up, look at one field in clear."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.households.models import Household, Member
from services.households.queries import register as find
from services.households.queries.register import Found
from services.households.rules import register as rules
from services.households.rules.register import HouseholdFacts, MemberFacts
from services.households.rules.register_fields import changed
from services.households.usecases import labour_telling, sealing
from services.households.usecases.areas import require_area
from services.households.usecases.consequences import follow_up
from services.households.usecases.following import follow_households
from services.households.usecases.history import Act, note, place
from services.households.usecases.regrouped_cases import (
    look_at_joined,
    look_at_moved,
    look_at_renumbered,
    look_at_returned,
)
from services.households.usecases.telling import TOLD_OF_HOUSEHOLD, tell_household, tell_members, whereabouts
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

COUNTED_BY = frozenset({"birth_on", "school_stage", "id_number"})
"""Fields of a person by which income is divided, or not (`rules/income.py`)."""


async def add_household(
    session: WriteSession, vault: Vault, who: Principal, facts: HouseholdFacts, now: datetime
) -> Household:
    """Enter a household with its members."""
    await require_area(session, who, facts.area_code)
    household = Household(
        id=new_id(), version=1, created_at=now, updated_at=now, **sealing.household_values(vault, facts)
    )
    session.add(household)
    await write_rows(session)
    for member in facts.members:
        session.add(_member(vault, household, member, now))
    await write_rows(session)
    note(session, Act(vault, who.id, now, "hand").line(place(household), "added", {"members": (0, len(facts.members))}))
    await tell_household(session, vault, household)
    await look_at_returned(session, vault, who, select(Member.id).where(Member.household_id == household.id), now)
    await audit.record(session, who, "household:write", household.id, area_code=household.area_code, did="added")
    await follow_up(session, vault, who, [household.id], now)
    return household


async def change_household(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    household: Household,
    changes: dict[str, Any],
    now: datetime,
    *,
    why: str | None = None,
) -> None:
    """Change fields of a locked household; what hangs on it follows it to another village."""
    rules.require_lives(household.dissolved_on)
    if "area_code" in changes:
        await require_area(session, who, changes["area_code"])
    told = changed(sealing.registered(vault, household, changes), changes)
    for name, value in sealing.household_changes(vault, changes).items():
        setattr(household, name, value)
    household.version += 1
    household.updated_at = now
    await write_rows(session)
    if told:
        note(session, Act(vault, who.id, now, "hand", why).line(place(household), "changed", told))
    await follow_households(session, [household.id])
    await look_at_moved(session, who, [household.id], now)
    if changes.keys() & TOLD_OF_HOUSEHOLD:
        await tell_household(session, vault, household)
    elif changes.keys() & labour_telling.TOLD_OF_HOUSEHOLD:
        await labour_telling.tell_labour_of(session, vault, household.id)
    await audit.record(
        session, who, "household:write", household.id, area_code=household.area_code, fields=sorted(changes)
    )
    await follow_up(session, vault, who, [household.id], now, income="area_code" in changes)


async def add_member(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    household_id: UUID,
    facts: MemberFacts,
    now: datetime,
    *,
    joined: str | None = None,
) -> Member:
    """Enter a person into a household; raises `PersonHere` or `PersonElsewhere` when they live in one already.

    `joined` is a code of `joined_reason`; who is new-born (`NotNewborn` of others) is entered once they have their ID
    number.
    """
    rules.require_newborn(joined, facts.birth_on, local_date(now))
    household = await find.lock_household(session, who.scope, household_id)
    rules.require_lives(household.dissolved_on)
    member = _member(vault, household, facts, now)
    if await find.lives_there(session, household.id, member.person_key):
        raise rules.PersonHere(field="id_number")
    session.add(member)
    await write_rows(session)
    act = Act(vault, who.id, now, "birth" if joined == "birth" else "hand")
    note(session, act.line(place(household), "added", {"joined_reason": (None, joined)} if joined else {}, member))
    await tell_members(session, vault, [whereabouts(household, member.person_key)])
    entered = select(Member.id).where(Member.id == member.id)
    await look_at_joined(session, who, entered, now)
    await look_at_returned(session, vault, who, entered, now)
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="added")
    await follow_up(session, vault, who, [household.id], now)
    return member


async def change_member(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    household: Household,
    member: Member,
    changes: dict[str, Any],
    now: datetime,
    *,
    why: str | None = None,
) -> None:
    """Change fields of a locked person. With another ID number it is another person to others: the one before is gone."""
    before = member.person_key
    told = changed(sealing.registered(vault, member, changes), changes)
    for name, value in sealing.member_changes(vault, changes).items():
        setattr(member, name, value)
    member.version += 1
    member.updated_at = now
    await write_rows(session)
    if told:
        note(session, Act(vault, who.id, now, "hand", why).line(place(household), "changed", told, member))
    if member.person_key != before and member.left_on is None:
        gone = whereabouts(household, before, active=False)
        await tell_members(session, vault, [gone, whereabouts(household, member.person_key)])
        await labour_telling.tell_gone(session, before, household)
    elif changes.keys() & labour_telling.TOLD_OF_PERSON:
        await labour_telling.tell_labour(session, vault, [member.person_key])
    if member.person_key != before:
        await look_at_renumbered(session, who, member, now)
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, fields=sorted(changes))
    await follow_up(session, vault, who, [member.household_id], now, income=bool(changes.keys() & COUNTED_BY))


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
    """Look somebody up within `scope`; who looked by what is on record in their area, not for whom."""
    match by:
        case "id_number":
            found = await find.find_by_person(session, scope, vault.person_key(sought))
        case "phone":
            found = await find.find_by_phone(session, scope, vault.index(sought, "phone"), limit)
        case "national_code":
            found = await find.find_by_national_code(session, scope, sought)
        case "name":
            found = await find.find_by_name(session, scope, sought, after, limit)
    await audit.record(
        session, who, "household:search", "search", area_code=who.scope.around(), by=by, found=len(found)
    )
    return found


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


async def write_rows(session: WriteSession) -> None:
    """Write, and let the unique constraints speak: they see rows the asker may not."""
    try:
        await session.flush()
    except IntegrityError as error:
        constraint = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
        conflict = _UNIQUE.get(constraint or "")
        if conflict is None:
            raise
        raise conflict from None
