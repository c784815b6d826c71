"""Files of ledger rows (台账批量导入): send, see what would become of each row, have it written."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
import polars as pl
from fastapi import APIRouter, Depends, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from services.jobs.api.permits import ImportLedger
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import LedgerImport
from services.jobs.rules.ledger import require_open
from services.jobs.rules.ledger_imports import LedgerImportGone, LedgerImportNotChecked, LedgerImportNotFound
from services.jobs.rules.months import begun_month, month_text
from services.jobs.schemas import ledger_imports as schemas
from services.jobs.usecases import ledger_imports as usecases
from services.jobs.usecases.ledger_imports import NAME, ORIGINAL, PROBLEMS, Arrived, ledger_files
from services.jobs.usecases.ledger_reading import CHUNK, open_rows
from services.jobs.usecases.recording import MOST_BACK
from shared import imports
from shared.clock import local_date, utc_now
from shared.files import MAX_BYTES, Shelf
from shared.files.heads import rows_of
from shared.http.answers import json_answer
from shared.http.bodies import form
from shared.http.context import Db, FileLimits, Seals, Store
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.sealed_upload import FORM_OVERHEAD, SealedFile, seal_files
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.ids import new_id
from shared.security import audit
from shared.tables.in_turn import beside
from shared.workbook_stream import stream_workbook, text_frame

router = APIRouter(prefix="/v1/ledger/imports", tags=["Ledger · 务工台账"])

_LOCATION = "/jobs/v1/ledger/imports"
_COLUMNS = ("sheet", "row", "outcome", "field", "why")
_BODY = form(
    "month",
    "file",
    month={"type": "string", "pattern": "^20[0-9]{2}-[0-9]{2}$", "description": "台账月份"},
    dry_run={
        "type": "boolean",
        "default": True,
        "description": "Only rehearse; false: write at once what is right · 试运行",
    },
    file={"type": "string", "format": "binary", "description": "CSV, XLSX, XLS · 台账文件"},
)


async def _shelf(files: Store, vault: Seals) -> Shelf:
    return ledger_files(files, vault)


ShelfOf = Annotated[Shelf, Depends(_shelf)]


@router.post(
    "",
    status_code=202,
    response_model=schemas.LedgerImportView,
    summary="Send a file of rows · 提交台账文件",
    openapi_extra=_BODY,
    max_body_size=MAX_BYTES + FORM_OVERHEAD,
)
async def send_ledger(
    request: Request,
    who: ImportLedger,
    db: Db,
    vault: Seals,
    shelf: ShelfOf,
    limits: FileLimits,
    reader_of: ReaderOf,
) -> Response:
    """One row a person, found by ID number; headings in Chinese or the fields' own names, title rows and all. A blank cell
    leaves what the row says. It is rehearsed in the background; a file without the headings is refused here.
    """
    try:
        arrived = await _receive(request, shelf, limits.max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    async with shelf.unless_refused(arrived.id, range(usecases.FILES)), db.write(who.scope) as session:
        row = await usecases.accept_import(session, vault, who, arrived, utc_now())
    return json_answer(_view(row, reader_of(who)), 202, {"Location": f"{_LOCATION}/{row.id}"})


@router.get("", summary="Files of rows · 台账导入记录")
async def list_ledger_imports(
    who: ImportLedger, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[schemas.LedgerImportView]:
    """One's own, and those of one's areas, newest first."""
    async with db.read(who.scope) as session:
        page, last = cut(
            await imports.list_imports(session, LedgerImport, who, decode_id_cursor(after), limit + 1), limit
        )
    reader = reader_of(who)
    return Page(items=[_view(one, reader) for one in page], next=encode_cursor(last.id) if last else None)


@router.get("/{import_id}", summary="How far it has come · 导入进度")
async def get_ledger_import(
    import_id: UUID, who: ImportLedger, db: Db, reader_of: ReaderOf
) -> schemas.LedgerImportView:
    """Counts are there when `state` is `checked`; `digest` then names what was found."""
    async with db.read(who.scope) as session:
        return _view(
            await imports.get_import(session, LedgerImport, who, import_id, LedgerImportNotFound), reader_of(who)
        )


@router.get(
    "/{import_id}/result",
    response_class=StreamingResponse,
    responses=WORKBOOK,
    summary="What is wrong with which row · 核对结果",
)
async def get_ledger_result(
    import_id: UUID, who: ImportLedger, db: Db, shelf: ShelfOf, reader_of: ReaderOf
) -> Response:
    """A workbook: counts, and a line for each mistake and remark with its sheet and row. Nobody's name stands in it."""
    async with db.write(who.scope) as session:
        row = await imports.get_import(session, LedgerImport, who, import_id, LedgerImportNotFound)
        if row.deleted_at is not None:
            raise LedgerImportGone
        if row.counts is None:
            raise LedgerImportNotChecked(state=row.state)
        await audit.record(session, who, "ledger-import:result", import_id)
    pieces = stream_workbook(_sheets(row, shelf, reader_of(who)))
    return WorkbookAnswer(pieces, f"ledger-{month_text(row.month)}")


@router.post(
    "/{import_id}/application",
    status_code=202,
    response_model=schemas.LedgerImportView,
    summary="Have it written · 写入台账",
)
async def apply_ledger_import(
    import_id: UUID, draft: schemas.LedgerApplication, who: ImportLedger, db: Db, reader_of: ReaderOf
) -> Response:
    """What the rehearsal named by `digest` found, in one transaction. Where somebody changed one of the rows meanwhile
    nothing is written, and the file is rehearsed anew (`failure.code` is `ledger-import-moved-on`).
    """
    async with db.write(who.scope) as session:
        row = await usecases.apply_import(session, who, import_id, draft.digest)
        view = _view(row, reader_of(who))
    return json_answer(view, 202)


async def _receive(request: Request, shelf: Shelf, limit: int) -> Arrived:
    """Seal the file into the store and read its headings. Nothing is kept when anything is wrong with it."""
    import_id, files, today = new_id(), list[SealedFile](), local_date(utc_now())
    async with shelf.unless_refused(import_id, files):
        form = await seal_files(request, shelf.store, partial(shelf.seal, import_id), files, limit, most_files=1)
        month = begun_month(form.fields.get("month", ""), today)
        require_open(month, today, MOST_BACK)
        dry_run = form.dry_run()
        await beside(rows_of, partial(open_rows, today=today), shelf, import_id, ORIGINAL, files[0].name)
    return Arrived(import_id, month, dry_run, files[0].name, files[0].counted.size)


def _view(row: LedgerImport, reader: Reader) -> schemas.LedgerImportView:
    failure = row.failure
    return schemas.LedgerImportView(
        id=row.id,
        month=month_text(row.month),
        dry_run=row.dry_run,
        state=row.state,
        name=reader.vault.open(row.name_sealed, NAME).decode(),
        size=row.size,
        digest=row.digest if row.state == "checked" else None,
        counts=schemas.LedgerCounts(**row.counts) if row.counts is not None else None,
        failure=schemas.ImportFailure(
            code=failure["code"], message=reader.say(failure["code"], **failure.get("params", {}))
        )
        if failure
        else None,
        received_at=row.received_at,
        checked_at=row.checked_at,
        finished_at=row.finished_at,
    )


def _sheets(row: LedgerImport, shelf: Shelf, reader: Reader) -> Iterator[Any]:
    counts = schemas.LedgerCounts(**row.counts or {})
    headings = [reader.say(f"ledger-outcome-{name}") for name in schemas.LedgerCounts.model_fields]
    yield (
        reader.say("ledger-result-summary"),
        headings,
        [text_frame([[str(one) for one in dict(counts).values()]], len(headings))],
    )
    yield (
        reader.say("ledger-result-rows"),
        [reader.say(f"ledger-result-{name}") for name in _COLUMNS],
        _problems(shelf, row.id, reader),
    )


def _problems(shelf: Shelf, import_id: UUID, reader: Reader) -> Iterator[pl.DataFrame]:
    lines = list[list[str | None]]()
    for found in shelf.open(import_id, PROBLEMS):
        if found.strip():
            lines.append(_line(orjson.loads(found), reader))
        if len(lines) == CHUNK:
            yield text_frame(lines, len(_COLUMNS))
            lines = []
    if lines:
        yield text_frame(lines, len(_COLUMNS))


def _line(one: dict[str, Any], reader: Reader) -> list[str | None]:
    outcome = reader.say("ledger-outcome-refused" if one["refused"] else "ledger-result-remark")
    message = reader.say(one["code"], **one["params"])
    return [str(one["sheet"]), str(one["row"]), outcome, one["field"], message]
