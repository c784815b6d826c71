"""Imports of the national system's list workbooks (名单导入): send, see what would become of it, have it written."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from services.households.api import list_views as views
from services.households.api.list_result import result_pieces
from services.households.api.list_upload import receive_set
from services.households.api.permits import ImportHousehold
from services.households.api.reader import Reader, ReaderOf
from services.households.models import RegisterImport
from services.households.rules.register_imports import ImportGone, ImportNotChecked, ImportNotFound, Outcome
from services.households.schemas.register_imports import Application, ListFindingView, RegisterImportView
from services.households.usecases import register_imports as usecases
from services.households.usecases.register_imports import workbooks
from shared import imports
from shared.clock import utc_now
from shared.db.engine import ReadSession
from shared.files import MAX_BYTES, Shelf
from shared.http.answers import json_answer
from shared.http.bodies import FILE, form
from shared.http.context import Db, FileLimits, Seals, Store
from shared.http.pages import After, CursorInvalid, Limit, Page, cut, decode_cursor, decode_id_cursor, encode_cursor
from shared.http.sealed_upload import FORM_OVERHEAD
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.projections.areas import find_names
from shared.security import audit

router = APIRouter(prefix="/v1/register-imports", tags=["Lists · 名单导入导出"])

MAX_BODY = MAX_BYTES + FORM_OVERHEAD
"""What framework and gateway take. The limit that counts is a setting, `FILES_MAX_BYTES`."""
_LOCATION = "/households/v1/register-imports"
_BODY = form(
    "kind",
    "file",
    kind={
        "type": "string",
        "enum": ["person-list", "household-list"],
        "description": "人员清单 or 农户清单",
    },
    dry_run={
        "type": "boolean",
        "default": True,
        "description": "Only compare; false: write at once what has no conflict · 试运行",
    },
    file={
        "type": "array",
        "items": FILE,
        "description": "One or several workbooks that are one list · 工作簿",
    },
)


async def _shelf(files: Store, vault: Seals) -> Shelf:
    return workbooks(files, vault)


@router.post(
    "",
    status_code=202,
    response_model=RegisterImportView,
    summary="Send list workbooks · 提交名单",
    openapi_extra=_BODY,
    max_body_size=MAX_BODY,
)
async def send_lists(
    request: Request,
    who: ImportHousehold,
    db: Db,
    vault: Seals,
    shelf: Annotated[Shelf, Depends(_shelf)],
    limits: FileLimits,
    reader_of: ReaderOf,
) -> Response:
    """Workbooks as the national system exports them (XLSX, XLS, CSV), title rows and all; townships may have sheets or
    files of their own. They are compared with the register beside the requests; nothing is written before somebody
    applies what was found. A file that cannot be read is refused here, and nothing of the set kept.
    """
    try:
        arrived = await receive_set(request, shelf, limits.max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    async with shelf.unless_refused(arrived.id, arrived.files), db.write(who.scope) as session:
        row = await usecases.accept_import(session, vault, who, arrived, utc_now())
    view = views.import_view(row, {}, reader_of(who))
    return json_answer(view, 202, {"Location": f"{_LOCATION}/{row.id}"})


@router.get("", summary="Imports of lists · 名单导入记录")
async def list_imports(
    who: ImportHousehold, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[RegisterImportView]:
    """One's own, and those of one's areas, newest first."""
    async with db.read(who.scope) as session:
        rows = await imports.list_imports(session, RegisterImport, who, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = [await _view(session, row, reader_of(who)) for row in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/{import_id}", summary="How far an import has come · 名单导入进度与结果")
async def read_import(import_id: UUID, who: ImportHousehold, db: Db, reader_of: ReaderOf) -> RegisterImportView:
    """Counts are there when `state` is `checked`; `digest` then names what was found."""
    async with db.read(who.scope) as session:
        row = await imports.get_import(session, RegisterImport, who, import_id, ImportNotFound)
        return await _view(session, row, reader_of(who))


@router.get("/{import_id}/findings", summary="What an import would do · 核对明细")
async def list_import_findings(
    import_id: UUID,
    who: ImportHousehold,
    db: Db,
    reader_of: ReaderOf,
    outcome: Annotated[
        Outcome, Query(description="added 新增, changed 变更, conflicting 冲突, warned 提示, vanished 消失")
    ],
    after: After = None,
    limit: Limit = 50,
) -> Page[ListFindingView]:
    """Households and people added or changed, field from and to; what conflicts, with file, sheet and row; what is taken
    and worth a look, also told with what changes of its household; who vanished.

    What was added or changed can be read until it is written; after that it stands in the register's history.
    """
    place = _number(after)
    reader = reader_of(who)
    async with db.read(who.scope) as session:
        row = await imports.get_import(session, RegisterImport, who, import_id, ImportNotFound)
        require_found(row)
        page, last = cut(await views.find_views(session, row, outcome, place, limit + 1, reader), limit)
    return Page(items=page, next=encode_cursor(last.number) if last else None)


@router.get(
    "/{import_id}/result",
    summary="What an import would do, as a workbook · 下载核对结果",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def read_result(import_id: UUID, who: ImportHousehold, db: Db, reader_of: ReaderOf) -> StreamingResponse:
    """A sheet of counts by township, then one each for what is added, changed, conflicting, worth a look and vanished."""
    reader = reader_of(who)
    async with db.write(who.scope) as session:
        row = await imports.get_import(session, RegisterImport, who, import_id, ImportNotFound)
        require_found(row)
        await audit.record(session, who, "register-import:result", import_id, rows=row.rows_read)
        view = await _view(session, row, reader)
    return WorkbookAnswer(result_pieces(db, row, view, reader), str(import_id))


@router.post(
    "/{import_id}/application",
    status_code=202,
    response_model=RegisterImportView,
    summary="Write what was checked · 确认写入",
)
async def apply_import(
    import_id: UUID, application: Application, who: ImportHousehold, db: Db, reader_of: ReaderOf
) -> Response:
    """Writes exactly the check that `digest` names, all of it or nothing, beside the requests: watch `state`.

    Households with a conflict are left out. 409 when it is another check, or none yet. When the register has changed
    meanwhile in what was decided, nothing is written and the list is compared anew: `state` is `checked` again, with
    `failure` saying so.
    """
    async with db.write(who.scope) as session:
        row = await usecases.apply_import(session, who, import_id, application.digest, application.remove_vanished)
        view = await _view(session, row, reader_of(who))
    return json_answer(view, 202)


def require_found(row: RegisterImport) -> None:
    """Raise unless there is something to read."""
    if row.deleted_at is not None:
        raise ImportGone
    if row.checked_at is None:
        raise ImportNotChecked(state=row.state)


async def _view(session: ReadSession, row: RegisterImport, reader: Reader) -> RegisterImportView:
    townships = list(row.counts or {})
    names = await find_names(session, {code[:6] + "000000" for code in townships} | set(townships))
    return views.import_view(row, names, reader)


def _number(after: str | None) -> int:
    match decode_cursor(after, 1):
        case None:
            return 0
        case [int(number)] if type(number) is int and 0 <= number < 2**31:
            return number
    raise CursorInvalid(field="after")
