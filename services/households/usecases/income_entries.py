"""What people do with lines of income: enter, correct, withdraw. What follows for the household follows at once."""

from datetime import datetime
from uuid import UUID

from services.households.models import Household, IncomeEntry
from services.households.models.income import Ending
from services.households.queries import income as find
from services.households.queries.register import get_household, lock_household
from services.households.queries.visits import is_visit_of
from services.households.rules import income_entries as rules
from services.households.rules.grading import Cause
from services.households.rules.income_entries import Told
from services.households.usecases.consequences import follow_up
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

NOTE = "income-note"
"""Purpose under which notes are sealed."""
BY_HAND = ("visit", "desk")
"""What corrects a line of another source is entered by hand: the source may tell of it again, in a later revision."""


async def add_entry(
    session: WriteSession, vault: Vault, who: Principal, household_id: UUID, told: Told, now: datetime
) -> IncomeEntry:
    """Enter a line of a household."""
    household = await lock_household(session, who.scope, household_id)
    rules.require_amount(told.amount)
    await _check(session, who, household_id, told)
    entry = _entry(vault, who, household, told, now)
    await _keep(session, vault, who, entry, "added", now)
    return entry


async def correct_entry(
    session: WriteSession, vault: Vault, who: Principal, before: IncomeEntry, told: Told, now: datetime
) -> IncomeEntry:
    """Put a line in the place of a locked one, which stays as it was for whoever asks what was said when."""
    rules.require_live(before.ended_at)
    household = await get_household(session, who.scope, before.household_id)
    await _check(session, who, household.id, told)
    _end(before, who, "corrected", None, now)
    entry = _entry(vault, who, household, told, now)
    entry.corrects_id = before.id
    if before.source in BY_HAND and told.visit_id is None:
        entry.source, entry.visit_id = before.source, before.visit_id
    await _keep(session, vault, who, entry, "corrected", now)
    return entry


async def withdraw_entry(
    session: WriteSession, vault: Vault, who: Principal, entry: IncomeEntry, reason: str, now: datetime
) -> None:
    """A locked line was wrong as a whole: it counts no more."""
    rules.require_live(entry.ended_at)
    _end(entry, who, "withdrawn", reason, now)
    await _keep(session, vault, who, entry, "withdrawn", now)


async def _check(session: WriteSession, who: Principal, household_id: UUID, told: Told) -> None:
    """That person and visit are the household's."""
    if told.member_id is not None and not await find.is_member(session, household_id, told.member_id):
        raise rules.PersonNotInHousehold(field="member_id")
    if told.visit_id is not None and not await is_visit_of(session, who.scope, told.visit_id, household_id):
        raise rules.VisitNotOfHousehold(field="visit_id")


def _entry(vault: Vault, who: Principal, household: Household, told: Told, now: datetime) -> IncomeEntry:
    return IncomeEntry(
        id=new_id(),
        household_id=household.id,
        area_code=household.area_code,
        member_id=told.member_id,
        item=told.item,
        amount=told.amount,
        month_first=told.span.first,
        month_last=told.span.last,
        paid_on=told.span.paid_on,
        source="visit" if told.visit_id else told.source,
        origin=told.origin,
        revision=1,
        visit_id=told.visit_id,
        place_area=told.place_area,
        note_sealed=vault.seal(told.note.encode(), NOTE) if told.note else None,
        recorded_by=who.id,
        recorded_at=now,
        version=1,
    )


def _end(entry: IncomeEntry, who: Principal, ended_as: Ending, reason: str | None, now: datetime) -> None:
    entry.ended_as = ended_as
    entry.ended_reason, entry.ended_by, entry.ended_at = reason, who.id, now
    entry.version += 1


async def _keep(
    session: WriteSession, vault: Vault, who: Principal, entry: IncomeEntry, did: str, now: datetime
) -> None:
    session.add(entry)
    await session.flush()
    await audit.record(
        session, who, "income:write", entry.id, area_code=entry.area_code, did=did, item=entry.item, source=entry.source
    )
    cause: Cause = "correction" if did in ("corrected", "withdrawn") else "fact"
    await follow_up(session, vault, who, [entry.household_id], now, cause=cause)
