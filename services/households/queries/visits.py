"""Visits and their photos."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from services.households.models import Visit, VisitPhoto
from services.households.rules.visits import PhotoNotFound, VisitNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing


async def get_visit(session: ReadSession, scope: Scope, visit_id: UUID) -> Visit:
    """One visit; raises `VisitNotFound`."""
    visit = await session.scalar(select(Visit).where(Visit.id == visit_id, within(Visit.area_code, scope)))
    return existing(visit, VisitNotFound)


async def lock_visit(session: WriteSession, scope: Scope, visit_id: UUID) -> Visit:
    """One visit that nobody else changes until commit; raises `VisitNotFound`."""
    query = select(Visit).where(Visit.id == visit_id, within(Visit.area_code, scope)).with_for_update()
    return existing(await session.scalar(query), VisitNotFound)


async def is_visit_of(session: ReadSession, scope: Scope, visit_id: UUID, household_id: UUID) -> bool:
    """Whether that visit was made to that household."""
    query = select(Visit.id).where(Visit.id == visit_id, Visit.household_id == household_id)
    return await session.scalar(query.where(within(Visit.area_code, scope))) is not None


def looked() -> ColumnElement[bool]:
    """Somebody was there and said what they found: two people where two must go; "no change" is a word, no visit."""
    return (Visit.kind == "visit") & (~Visit.second_needed | Visit.second_by.is_not(None))


async def has_looked(session: ReadSession, visit_id: UUID) -> bool:
    """Whether that visit counts at the gates."""
    return await session.scalar(select(Visit.id).where(Visit.id == visit_id, looked())) is not None


async def list_household_visits(
    session: ReadSession, scope: Scope, household_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Visit]:
    """The visits of a household, with and without a task, the latest first."""
    query = select(Visit).where(Visit.household_id == household_id, within(Visit.area_code, scope))
    return (await session.scalars(newest_first(query, Visit.visited_at, Visit.id, before=before, limit=limit))).all()


async def list_photos(session: ReadSession, scope: Scope, visit_ids: Collection[UUID]) -> dict[UUID, list[VisitPhoto]]:
    """The photos of each visit, in the order in which they came; those deleted since are among them."""
    if not visit_ids:
        return {}
    query = (
        select(VisitPhoto)
        .where(VisitPhoto.visit_id.in_(visit_ids), within(VisitPhoto.area_code, scope))
        .order_by(VisitPhoto.uploaded_at, VisitPhoto.id)
    )
    found: dict[UUID, list[VisitPhoto]] = {}
    for photo in await session.scalars(query):
        found.setdefault(photo.visit_id, []).append(photo)
    return found


async def count_photos(session: ReadSession, visit_id: UUID) -> int:
    """How many photos a visit that the caller has got has."""
    counted = await session.scalar(select(func.count()).where(VisitPhoto.visit_id == visit_id))
    return counted or 0


async def get_photo(session: ReadSession, scope: Scope, photo_id: UUID) -> VisitPhoto:
    """One photo; raises `PhotoNotFound`."""
    query = select(VisitPhoto).where(VisitPhoto.id == photo_id, within(VisitPhoto.area_code, scope))
    return existing(await session.scalar(query), PhotoNotFound)


async def list_outworn_photos(session: ReadSession, before: datetime, limit: int) -> Sequence[VisitPhoto]:
    """Photos that came before then and are still kept, the oldest first."""
    query = (
        select(VisitPhoto)
        .where(VisitPhoto.uploaded_at < before, VisitPhoto.deleted_at.is_(None))
        .order_by(VisitPhoto.uploaded_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()
