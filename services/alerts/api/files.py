"""Files: drop an export, watch it being worked off, get it back with what became of each row."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from services.alerts.api.answers import file_view
from services.alerts.api.file_upload import FORM_OVERHEAD, receive_file
from services.alerts.api.permits import CancelFiles, ReadFileResults, ReadFiles, ReportFiles
from services.alerts.queries import files as queries
from services.alerts.rules.alerts import sight
from services.alerts.rules.file_columns import heading_of, headings_of
from services.alerts.schemas.fields import FeedCode
from services.alerts.schemas.files import FileError, FileView, ReportedFile
from services.alerts.usecases.file_result import result_of
from services.alerts.usecases.files import accept_file, cancel_file, originals
from shared.clock import utc_now
from shared.errors import Forbidden, Unauthenticated
from shared.files import MAX_BYTES, Shelf
from shared.http.answers import json_answer
from shared.http.bodies import form
from shared.http.context import Db, FileLimits, Seals, Speaks, Store, Texts
from shared.http.documents import find_permit
from shared.http.pages import After, CursorInvalid, Limit, Page, cut, decode_cursor, decode_id_cursor, encode_cursor
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.security.permits import Permit
from shared.security.principals import Principal, Role

MAX_BODY = MAX_BYTES + FORM_OVERHEAD
"""What framework and gateway take. The limit that counts is a setting, and stands in `api.file_upload`."""
_LOCATION = "/alerts/v1/files"
_LOOK_SECONDS = 0.5  # between two looks how far a file has come, for a stream of events
_STILL_SECONDS = 15.0  # after which a stream says that it is still there
_BODY = form(
    "feed",
    "file",
    feed={"type": "string", "description": "Feed · 预警类别", "examples": ["medical.cost"]},
    period={
        "type": "string",
        "description": "Period the rows are of, by the feed's cadence; left out: the present one, once the"
        " report on the one before is no longer due · 数据所属期，上一期报送期限已过的可不填",
        "examples": ["2026-03", "2026-03-02", "2026-03-T1", "2026-Q1", "2026-S1"],
    },
    file={"type": "string", "format": "binary", "description": "CSV, XLSX or XLS · 表格文件"},
)

_EVENT = {
    "required": ["data", "event", "id"],
    "properties": {
        "event": {"type": "string", "enum": ["progress", "end"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/FileView"},
        },
    },
}

router = APIRouter(prefix="/v1/files", tags=["Files · 文件报送"])


async def _shelf(files: Store, vault: Seals) -> Shelf:
    return originals(files, vault)


Files = Annotated[Shelf, Depends(_shelf)]


@router.post(
    "",
    status_code=202,
    summary="Report a file · 报送文件",
    response_model=ReportedFile,
    responses={
        200: {"model": ReportedFile, "description": "The file is known: the first one, as far as it is · 重复报送"}
    },
    openapi_extra=_BODY,
    max_body_size=MAX_BODY,
)
async def report_file(
    request: Request,
    who: ReportFiles,
    db: Db,
    shelf: Files,
    limits: FileLimits,
    texts: Texts,
    language: Speaks,
) -> Response:
    """An export as it is: CSV (UTF-8, GB18030; comma, tab or semicolon), XLSX or XLS, title rows and all.

    What cannot be read is refused here and nothing of it kept; rows are worked off afterwards. The same file again
    changes nothing; for another period it reports for that one. 413 beyond `FILES_MAX_BYTES`.
    """
    try:
        arrived = await receive_file(request, who, db, shelf, limits.max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    fresh = False
    try:
        async with db.write(who.scope) as session:
            file, fresh = await accept_file(session, who, arrived, shelf.vault, utc_now())
    finally:
        if not fresh:
            await asyncio.shield(shelf.delete(arrived.id))
    view = ReportedFile(**dict(file_view(file, shelf.vault, texts, language)), known=not fresh)
    return json_answer(view, 202 if fresh else 200, {"Location": f"{_LOCATION}/{file.id}"})


@router.get("", summary="List files · 文件列表")
async def list_files(
    who: ReadFiles,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
    feed: FeedCode | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[FileView]:
    """Files of one's own feeds and areas, newest first."""
    async with db.read(who.scope) as session:
        rows = await queries.list_files(session, who.id, sight(who), feed, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    items = [file_view(row, vault, texts, language, named=_may_read_names(who)) for row in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


async def _visible(file_id: UUID, who: ReadFiles, db: Db, vault: Seals, texts: Texts, language: Speaks) -> FileView:
    async with db.read(who.scope) as session:
        file = await queries.get_file(session, who.id, sight(who), file_id)
    return file_view(file, vault, texts, language, named=_may_read_names(who))


def _may_read_names(who: Principal) -> bool:
    return who.role is not Role.SUPERVISOR


@router.get("/{file_id}", summary="How far a file has come · 文件进度")
async def read_file(view: Annotated[FileView, Depends(_visible)]) -> FileView:
    """Counts grow frame by frame; `state` is `done` when the last row is worked off."""
    return view


@router.get(
    "/{file_id}/events",
    summary="Watch a file · 文件进度推送",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"itemSchema": _EVENT}}}},
)
async def watch_file(
    first: Annotated[FileView, Depends(_visible)],
    who: ReadFiles,
    request: Request,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events `progress` whenever something changed, and `end` with the last one. A token that expires and a
    key that is revoked end it as well.
    """
    permit = find_permit(request.scope["route"].dependant)
    assert isinstance(permit, Permit)
    view, told, silent = first, None, 0.0
    while True:
        if view != told:
            finished = view.finished_at is not None
            yield ServerSentEvent(data=view, event="end" if finished else "progress", id=str(view.rows_read))
            if finished:
                return
            told, silent = view, 0.0
        elif silent >= _STILL_SECONDS:
            yield ServerSentEvent(comment="still there")
            silent = 0.0
        await asyncio.sleep(_LOOK_SECONDS)
        silent += _LOOK_SECONDS
        try:
            who = await permit(request)
        except (Unauthenticated, Forbidden):
            return
        view = await _visible(first.id, who, db, vault, texts, language)


@router.get("/{file_id}/errors", summary="What was wrong in a file · 文件错误明细")
async def list_file_errors(
    file_id: UUID, who: ReadFiles, db: Db, texts: Texts, language: Speaks, after: After = None, limit: Limit = 50
) -> Page[FileError]:
    """The first 10,000 mistakes by row and field, in row order. Kept as long as the original."""
    place = _error_cursor(after)
    async with db.read(who.scope) as session:
        file = await queries.get_file(session, who.id, sight(who), file_id)
        headings = headings_of((await queries.get_any_feed(session, file.feed)).columns)
        rows = await queries.list_faults(session, file_id, place, limit + 1)
    page, last = cut(rows, limit)
    items = [
        FileError(
            sheet=one.sheet + 1,
            row=one.row_number,
            field=one.field,
            heading=heading_of(one.field, headings),
            code=one.code,
            message=texts.text(one.code, language, **one.params),
            params=one.params,
        )
        for one in page
    ]
    return Page(items=items, next=encode_cursor(last.sheet, last.row_number, last.field, last.code) if last else None)


@router.get(
    "/{file_id}/result",
    summary="The file with what became of each row · 下载结果表",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def read_file_result(
    file_id: UUID, who: ReadFileResults, db: Db, shelf: Files, texts: Texts, language: Speaks
) -> StreamingResponse:
    """A workbook: the original rows, then the alert each is or belongs to, the version of the rule it was judged by, what
    became of it, and why not. For the bureau that sent it only.
    """
    async with db.write(who.scope) as session:
        result = await result_of(session, who, file_id, shelf)
    named = quote(texts.text("file-result-named", language, name=result.name), safe="")
    return WorkbookAnswer(result.pieces(texts, language), str(file_id), f"; filename*=UTF-8''{named}")


@router.post("/{file_id}/cancellation", summary="Stop a file · 取消文件", response_model=FileView)
async def cancel(file_id: UUID, who: CancelFiles, db: Db, vault: Seals, texts: Texts, language: Speaks) -> Response:
    """What is stored stays, the rest is not looked at. 409 once it is finished."""
    async with db.write(who.scope) as session:
        file = await cancel_file(session, who, file_id, utc_now())
    return json_answer(file_view(file, vault, texts, language))


def _error_cursor(after: str | None) -> tuple[int, int, str, str] | None:
    match decode_cursor(after, 4):
        case None:
            return None
        case [int(sheet), int(row), str(place), str(code)] if _is_place(sheet, row) and (place + code).isprintable():
            return sheet, row, place, code
    raise CursorInvalid(field="after")


def _is_place(sheet: int, row: int) -> bool:
    return type(sheet) is type(row) is int and 0 <= sheet < 10_000 and 0 <= row < 2**31
