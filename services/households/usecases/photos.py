"""Photos of visits: kept sealed, shown to those in whose areas they were made, forgotten when their time is over."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.households.models import VisitPhoto
from services.households.queries import visits as find
from services.households.rules import visits as rules
from services.households.usecases.pretence import ORIGIN, look_at_photo
from shared.db.engine import WriteSession
from shared.files import FileStore, Shelf, though_refused
from shared.photos import Photo
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CONTENT = "photo"
FOLDER = "photos/"
"""A photo in the store that no row knows is still arriving, or its process died: after a day it is the latter."""
BATCH = 100
"""Photos forgotten in one round."""


def photo_shelf(store: FileStore, vault: Vault) -> Shelf:
    """Where photos lie, by the id they are stored as."""
    return Shelf(store, vault, FOLDER, CONTENT)


async def write_photo(shelf: Shelf, stored_as: UUID, content: bytes) -> None:
    """Seal a photo into the store, whole or not at all."""
    await shelf.write(_once(content), stored_as)


def open_photo(shelf: Shelf, stored_as: UUID) -> bytes:
    """A photo in clear; blocks. Raises `PhotoGone`."""
    try:
        with shelf.open(stored_as) as opened:
            return opened.read()
    except FileNotFoundError:
        raise rules.PhotoGone from None


async def add_photo(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    visit_id: UUID,
    photo_id: UUID,
    stored_as: UUID,
    photo: Photo,
    now: datetime,
) -> tuple[VisitPhoto, bool]:
    """Keep a photo that lies in the store; the bool says whether it is new.

    Raises `VisitNotFound`, `PhotoIdReused`, `TooManyPhotos`.
    """
    visit = await find.lock_visit(session, who.scope, visit_id)
    known = await session.get(VisitPhoto, photo_id)
    if known is not None:
        return _same(known, visit_id, photo), False
    if await find.count_photos(session, visit_id) >= rules.MOST_PHOTOS:
        raise rules.TooManyPhotos(most=rules.MOST_PHOTOS)
    origin = _origin(photo)
    values = {
        "id": photo_id,
        "visit_id": visit_id,
        "area_code": visit.area_code,
        "stored_as": stored_as,
        "digest": photo.digest,
        "likeness": photo.likeness,
        "width": photo.width,
        "height": photo.height,
        "size": len(photo.jpeg),
        "origin_sealed": vault.seal_json(origin, ORIGIN) if origin else None,
        "uploaded_by": who.id,
        "uploaded_at": now,
    }
    statement = insert(VisitPhoto).values(values).on_conflict_do_nothing().returning(VisitPhoto.id)
    inserted = await session.scalar(statement)
    kept = _same(await session.get(VisitPhoto, photo_id), visit_id, photo)
    if inserted is None:
        return kept, False
    await audit.record(session, who, "photo:add", photo_id, area_code=kept.area_code, visit=visit_id)
    await look_at_photo(session, who, kept, visit, origin, now)
    return kept, True


async def view_photo(session: WriteSession, who: Principal, photo_id: UUID) -> VisitPhoto:
    """Somebody looks at a photo, which is on record before it is shown. Raises `PhotoNotFound`, `PhotoGone`."""
    photo = await find.get_photo(session, who.scope, photo_id)
    if photo.deleted_at is not None:
        raise rules.PhotoGone
    await audit.record(session, who, "photo:view", photo_id, area_code=photo.area_code, visit=photo.visit_id)
    return photo


async def forget_photos(session: WriteSession, shelf: Shelf, kept: timedelta, now: datetime) -> int:
    """Delete photos that came that long ago; returns how many. Their hashes stay, so that a copy is still known."""
    gone = 0
    for photo in await find.list_outworn_photos(session, now - kept, BATCH):
        with though_refused():
            await shelf.delete(photo.stored_as)  # first: a row that says "kept" of what is gone mends itself
            photo.deleted_at, photo.origin_sealed = now, None
            gone += 1
    return gone


def _same(photo: VisitPhoto | None, visit_id: UUID, sent: Photo) -> VisitPhoto:
    """The photo under that id. Raises `PhotoIdReused` when it is another, or out of sight."""
    if photo is None or (photo.visit_id, photo.digest) != (visit_id, sent.digest):
        raise rules.PhotoIdReused(field="id")
    return photo


def _origin(photo: Photo) -> dict[str, Any]:
    """When and where the camera says that it was taken; empty when it says neither."""
    told = {"taken_at": photo.taken_at and photo.taken_at.isoformat(), "position": photo.position}
    return {name: value for name, value in told.items() if value is not None}


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
