"""Persons whom two households claim, as either side sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from services.households.models import DoubleEntry, Household
from services.households.rules.duplicates import DuplicateNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One double entry with the households in sight: where the person is registered, and which one claims them."""

    entry: DoubleEntry
    held: Household | None
    claimed: Household | None


async def list_duplicates(
    session: ReadSession, scope: Scope, *, settled: bool, before: UUID | None, limit: int
) -> Sequence[Duplicate]:
    """Those with a side in `scope`, newest first."""
    query = select(DoubleEntry).where(_in_sight(scope))
    query = query.where(DoubleEntry.settled_at.is_not(None) if settled else DoubleEntry.settled_at.is_(None))
    query = newest_first(query, DoubleEntry.id, before=before, limit=limit)
    return await _with_households(session, scope, (await session.scalars(query)).all())


async def get_duplicate(session: ReadSession, scope: Scope, entry_id: UUID) -> Duplicate:
    """One; raises `DuplicateNotFound`."""
    [found] = await _with_households(session, scope, [await _one(session, _entry(scope, entry_id))])
    return found


async def lock_duplicate(session: WriteSession, scope: Scope, entry_id: UUID) -> DoubleEntry:
    """One that nobody else settles until commit; raises `DuplicateNotFound`."""
    query = _entry(scope, entry_id).with_for_update().execution_options(populate_existing=True)
    return await _one(session, query)


async def find_claiming_household(session: ReadSession, scope: Scope, entry: DoubleEntry) -> UUID | None:
    """The household that claims the person, if it is registered by now."""
    if entry.claimed_household_id is not None:
        return entry.claimed_household_id
    query = select(Household.id).where(Household.national_code == entry.claimed_ref, Household.dissolved_on.is_(None))
    found: UUID | None = await session.scalar(query.where(within(Household.area_code, scope)))
    return found


def _entry(scope: Scope, entry_id: UUID) -> Select[DoubleEntry]:
    return select(DoubleEntry).where(DoubleEntry.id == entry_id, _in_sight(scope))


async def _one(session: ReadSession, query: Select[DoubleEntry]) -> DoubleEntry:
    return existing(await session.scalar(query), DuplicateNotFound)


async def _with_households(session: ReadSession, scope: Scope, entries: Sequence[DoubleEntry]) -> Sequence[Duplicate]:
    ids = {id_ for one in entries for id_ in (one.household_id, one.claimed_household_id) if id_}
    rows = await session.scalars(select(Household).where(Household.id.in_(ids), within(Household.area_code, scope)))
    households = {one.id: one for one in rows}
    return [
        Duplicate(
            one,
            households.get(one.household_id),
            households.get(one.claimed_household_id) if one.claimed_household_id else None,
        )
        for one in entries
    ]


def _in_sight(scope: Scope) -> ColumnElement[bool]:
    return or_(within(DoubleEntry.area_code, scope), within(DoubleEntry.claimed_area_code, scope))
