"""People leave a household (减员): they die, move away, marry out. The household goes with the last of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.households.models import Household, Member
from services.households.queries import register as find
from services.households.queries.regrouped_cases import find_left_at
from services.households.rules import register as rules
from services.households.rules.grading import Cause
from services.households.usecases.claims import release_claimed
from services.households.usecases.consequences import follow_up
from services.households.usecases.emptied import end_case_of, resume_case_of
from services.households.usecases.history import Act, note, place
from services.households.usecases.register import write_rows
from services.households.usecases.regrouped_cases import look_at_joined
from services.households.usecases.telling import tell_members, whereabouts
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def remove_member(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    member_id: UUID,
    reason: str,
    on: date,
    now: datetime,
    *,
    why: str | None = None,
) -> Member:
    """The person leaves and stays on the household's record; their ID number is free for another household.

    When nobody lives there any more, because they died or went away, the household is dissolved, and its national case
    is over. A dropout case of the person ends soon after (`dropout_ends.py`).
    """
    household, member = await find.lock_at_home(session, who.scope, member_id)
    if member.left_on is not None:
        raise rules.MemberLeft
    member.left_on, member.left_reason = on, reason
    member.version += 1
    member.updated_at = now
    act = Act(vault, who.id, now, "death" if reason == "deceased" else "removal", why)
    note(session, act.line(place(household), "left", {"left_on": (None, on), "left_reason": (None, reason)}, member))
    await write_rows(session)
    await tell_members(session, vault, [whereabouts(household, member.person_key, active=False)])
    await release_claimed(session, member.id, who, now)
    if reason in rules.EMPTIED and await dissolve_if_empty(session, who, act, household, rules.EMPTIED[reason], on):
        await end_case_of(session, household, now)
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="left", reason=reason)
    cause: Cause = "correction" if reason == "mistake" else "fact"
    await follow_up(session, vault, who, [household.id], now, cause=cause)
    return member


async def restore_member(
    session: WriteSession, vault: Vault, who: Principal, member_id: UUID, now: datetime, *, why: str | None = None
) -> Member:
    """Who was said to have left by mistake lives in the household as before, and it is no longer dissolved; a national
    case that ended with it goes on where it stood.

    Raises `PersonElsewhere` when somebody entered them elsewhere, `HouseholdDissolved` where the household was merged.
    """
    household, member = await find.lock_at_home(session, who.scope, member_id)
    if member.left_on is None:
        raise rules.MemberPresent
    if household.merged_into is not None:
        raise rules.HouseholdDissolved
    act = Act(vault, who.id, now, "hand", why)
    left = {"left_on": (member.left_on, None), "left_reason": (member.left_reason, None)}
    note(session, act.line(place(household), "restored", left, member))
    if household.dissolved_on is not None:
        gone = {
            "dissolved_on": (household.dissolved_on, None),
            "dissolved_reason": (household.dissolved_reason, None),
        }
        note(session, act.line(place(household), "restored", gone))
        household.dissolved_on = household.dissolved_reason = None
        household.version += 1
        household.updated_at = now
        await resume_case_of(session, household, now)
    member.left_on = member.left_reason = None
    member.version += 1
    member.updated_at = now
    await write_rows(session)
    await tell_members(session, vault, [whereabouts(household, member.person_key)])
    restored, since = select(Member.id).where(Member.id == member.id), await find_left_at(session, member)
    await look_at_joined(session, who, restored, now, away_since=since)
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="restored")
    await follow_up(session, vault, who, [household.id], now, cause="correction")
    return member


async def dissolve_if_empty(
    session: WriteSession, who: Principal, act: Act, household: Household, reason: str, on: date
) -> bool:
    """A locked household in which nobody lives is no more (销户), and stays readable. Whether it is so."""
    if await find.lock_living(session, who.scope, [household.id]):
        return False
    dissolve(session, act, household, reason, on)
    await write_rows(session)
    await audit.record(
        session, who, "household:write", household.id, area_code=household.area_code, did="dissolved", reason=reason
    )
    return True


def dissolve(
    session: WriteSession, act: Act, household: Household, reason: str, on: date, into: UUID | None = None
) -> None:
    """Mark it as no more, `into` the one its people went to."""
    household.dissolved_on, household.dissolved_reason, household.merged_into = on, reason, into
    household.version += 1
    household.updated_at = act.at
    changes = {"dissolved_on": (None, on), "dissolved_reason": (None, reason)}
    merged = {"merged_into": (None, into)} if into else {}
    note(session, act.line(place(household), "merged" if into else "dissolved", {**changes, **merged}))
