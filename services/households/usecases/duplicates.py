"""Somebody says in which household a person lives whom two of them claim."""

from datetime import date, datetime

from services.households.models import DoubleEntry
from services.households.queries import duplicates as find
from services.households.queries import register as find_people
from services.households.rules import duplicates as rules
from services.households.rules.duplicates import Decision
from services.households.usecases.claims import CLAIM
from services.households.usecases.leaving import remove_member
from services.households.usecases.quality import audit_households
from services.households.usecases.regrouping import lock_two, move_member
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def settle_duplicate(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    entry: DoubleEntry,
    decision: Decision,
    now: datetime,
    *,
    reason: str | None,
    on: date,
    why: str | None = None,
) -> DoubleEntry:
    """`moves` carries the person over, `released` lets them leave for `reason` on that day; the others change nobody.

    Raises `DuplicateOtherSide` unless the asker works on the side that gives up, or on both.
    """
    rules.require_may_settle(entry, decision, who.scope)
    # People first, the entry last: whoever moves people settles claims on them, in that order.
    if decision == "moves":
        await _move(session, vault, who, entry, now, why)
    elif decision == "released":
        assert reason is not None
        await remove_member(session, vault, who, entry.member_id, reason, on, now, why=why)
    entry = await find.lock_duplicate(session, who.scope, entry.id)
    if entry.settled_at is None:
        entry.decision, entry.settled_by, entry.settled_at = decision, who.id, now
        entry.version += 1
    elif entry.decision != decision:
        raise rules.DuplicateSettled
    await audit_households(session, vault, who, [entry.household_id], now)
    await audit.record(
        session, who, "household:settle-duplicate", entry.id, area_code=entry.area_code, decision=decision
    )
    return entry


async def _move(
    session: WriteSession, vault: Vault, who: Principal, entry: DoubleEntry, now: datetime, why: str | None
) -> None:
    target_id = await find.find_claiming_household(session, who.scope, entry)
    if target_id is None:
        raise rules.DuplicateNoHousehold
    member = await find_people.get_member(session, who.scope, entry.member_id)
    households = await lock_two(session, who, [member.household_id, target_id])
    member = await find_people.lock_member(session, who.scope, member.id)
    relation = vault.open_json(entry.claim_sealed, CLAIM)["relation"]
    await move_member(
        session, vault, who, member, households, target_id, relation, now, why=why, source_of_act="duplicate"
    )
