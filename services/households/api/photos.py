"""Photos of visits: taken in, checked and encoded anew; shown one by one, each look on record."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.households.api.permits import AddPhoto, ViewPhoto
from services.households.api.reader import ReaderOf
from services.households.api.visit_views import photo_view
from services.households.queries.visits import get_visit
from services.households.rules.visits import PhotoTooLarge, PhotoUnreadable
from services.households.schemas.visits import PhotoView
from services.households.settings import MOST_PHOTO_BYTES, PhotosSettings
from services.households.usecases.photos import add_photo, open_photo, view_photo, write_photo
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import Shelf
from shared.http.answers import created, json_answer
from shared.http.bodies import form
from shared.http.context import Db, of_app
from shared.http.form_stream import FormFieldInvalid, FormStream, form_of
from shared.http.problems import BODY_UNREAD
from shared.ids import new_id
from shared.photos import NoPhoto, Photo, read_photo
from shared.security.principals import Principal

FORM_OVERHEAD = 10_000
"""Bytes of a form around its file."""
MAX_BODY = MOST_PHOTO_BYTES + FORM_OVERHEAD
"""What framework and gateway take. The limit that counts is a setting."""
JPEG = "image/jpeg"
_BODY = form(
    "id",
    "visit_id",
    "file",
    id={"type": "string", "format": "uuid", "description": "Made by the client · 由客户端生成"},
    visit_id={"type": "string", "format": "uuid", "description": "Recorded before · 已登记的走访"},
    file={"type": "string", "format": "binary", "description": "JPEG, PNG or WebP · 照片"},
)

router = APIRouter(prefix="/v1/photos", tags=["Visits · 入户走访"])


Photos = Annotated[Shelf, Depends(of_app("photos"))]


@router.post(
    "",
    status_code=201,
    response_model=PhotoView,
    summary="Add a photo · 上传照片",
    responses={200: {"model": PhotoView, "description": "The same photo again · 重复上传"}},
    openapi_extra=_BODY,
    max_body_size=MAX_BODY,
)
async def send_photo(
    request: Request,
    who: AddPhoto,
    db: Db,
    shelf: Photos,
    settings: Annotated[PhotosSettings, Depends(of_app("photos_settings"))],
    reader_of: ReaderOf,
) -> Response:
    """A photo of a visit that was recorded before. None is ever demanded; at most 20 a visit are taken.

    It is encoded anew, without EXIF, and kept sealed. 413 beyond `PHOTOS_MAX_BYTES`; 422 `photo-unreadable` for what
    is no whole JPEG, PNG or WebP, or of too many pixels. The same again changes nothing.
    """
    try:
        photo_id, visit_id, sent = await _receive(request, who, db, settings.max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    async with request.app.state.photo_slots:
        photo = await asyncio.to_thread(_read, sent, settings)
    stored_as, new = new_id(), False
    try:
        await write_photo(shelf, stored_as, photo.jpeg)
        async with db.write(who.scope) as session:
            kept, new = await add_photo(session, shelf.vault, who, visit_id, photo_id, stored_as, photo, utc_now())
            view = photo_view(kept, reader_of(who))
    finally:
        if not new:
            await asyncio.shield(shelf.delete(stored_as))
    return created(view, f"/households/v1/photos/{photo_id}") if new else json_answer(view)


@router.get(
    "/{photo_id}",
    summary="See a photo · 查看照片",
    response_class=Response,
    responses={200: {"content": {JPEG: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_photo(photo_id: UUID, who: ViewPhoto, db: Db, shelf: Photos) -> Response:
    """The picture as it is kept. Who looked at it, and when, goes into the audit trail."""
    async with db.write(who.scope) as session:
        photo = await view_photo(session, who, photo_id)
    content = await asyncio.to_thread(open_photo, shelf, photo.stored_as)
    return Response(content, media_type=JPEG, headers={"Cache-Control": "no-store"})


def _too_large(limit: int) -> PhotoTooLarge:
    return PhotoTooLarge(max_mb=f"{limit / 1_000_000:g}")


async def _receive(request: Request, who: Principal, db: Database, limit: int) -> tuple[UUID, UUID, bytes]:
    """Ids and bytes of the form. Nothing is kept anywhere before all of it is here."""
    setattr(request.state, BODY_UNREAD, True)
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise _too_large(limit)
    form = form_of(request)
    await form.until_file()
    if "visit_id" in form.fields:
        await _require_visit(form, who, db)  # before the photo comes, where the form lets us
    sent = bytearray()
    async for piece in form.file():
        sent += piece
        if len(sent) > limit:
            raise _too_large(limit)
    await form.rest()
    setattr(request.state, BODY_UNREAD, False)
    return _id_in(form, "id"), await _require_visit(form, who, db), bytes(sent)


async def _require_visit(form: FormStream, who: Principal, db: Database) -> UUID:
    visit_id = _id_in(form, "visit_id")
    async with db.read(who.scope) as session:
        await get_visit(session, who.scope, visit_id)
    return visit_id


def _id_in(form: FormStream, name: str) -> UUID:
    try:
        return UUID(form.fields.get(name, ""))
    except ValueError:
        pass  # raised below, outside this block: the error carries what was sent
    raise FormFieldInvalid(field=name)


def _read(sent: bytes, settings: PhotosSettings) -> Photo:
    try:
        return read_photo(sent, max_pixels=settings.max_pixels, max_side=settings.max_side)
    except NoPhoto:
        raise PhotoUnreadable(field="file", megapixels=settings.max_pixels // 1_000_000) from None
