"""The ledger against other exports (账账相符): send an export, read what differs, have villages look at it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from services.jobs.api import reconciliation_views as views
from services.jobs.api.permits import AskVillages, ReadReconciliation, SendExport, WatchExport
from services.jobs.api.reader import ReaderOf
from services.jobs.api.reconciliation_upload import receive_export
from services.jobs.api.reconciliation_workbook import ResultWorkbook
from services.jobs.queries import reconciliation as queries
from services.jobs.queries.reconciliation import RowFilter
from services.jobs.rules.months import parse_month
from services.jobs.rules.reconciliation import Outcome
from services.jobs.schemas import reconciliation as schemas
from services.jobs.usecases import reconciliation as usecases
from services.jobs.usecases.reconciliation import exports
from services.jobs.usecases.reconciliation_tasks import ask_villages, require_done
from shared.clock import local_date, utc_now
from shared.contracts.jobs_reconcile_policies import ComparedField, ExportSource
from shared.db.engine import WriteSession
from shared.files import MAX_BYTES, Shelf
from shared.http.answers import json_answer
from shared.http.bodies import FILE, form
from shared.http.context import Db, FileLimits, Seals, Store
from shared.http.fields import MonthText
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.sealed_upload import FORM_OVERHEAD
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.security import audit

router = APIRouter(prefix="/v1/reconciliations", tags=["Ledger checks · 台账核对"])

MAX_BODY = MAX_BYTES + FORM_OVERHEAD
"""What framework and gateway take. The limit that counts is a setting, `FILES_MAX_BYTES`."""
DIGITS = {"township": 9, "village": 12}
_LOCATION = "/jobs/v1/reconciliations"
_BODY = form(
    "source",
    "month",
    "file",
    source={
        "type": "string",
        "enum": ["human_resources", "national"],
        "description": "人社系统导出 or 全国系统导出",
    },
    month={"type": "string", "example": "2026-10", "description": "Of the ledger · 台账月份"},
    area={
        "type": "string",
        "example": "539921000000",
        "description": "What the export covers; the sender's own area unless given · 覆盖区划",
    },
    file={
        "type": "array",
        "items": FILE,
        "description": "One or several workbooks that are one export · 导出文件",
    },
)


async def _shelf(files: Store, vault: Seals) -> Shelf:
    return exports(files, vault)


@router.post(
    "",
    status_code=202,
    response_model=schemas.ReconciliationView,
    summary="Send an export to be compared · 提交导出文件比对",
    openapi_extra=_BODY,
    max_body_size=MAX_BODY,
)
async def send_export(
    request: Request,
    who: SendExport,
    db: Db,
    vault: Seals,
    shelf: Annotated[Shelf, Depends(_shelf)],
    limits: FileLimits,
    reader_of: ReaderOf,
) -> Response:
    """An export as it comes from the other system (XLSX, XLS, CSV), title rows and all. It is compared with the ledger
    of that month beside the requests: watch `state`. A file that cannot be read is refused here, and nothing is kept.
    A bureau may send its own, if it has to do with work (`bureau_feeds` of `post-rules`). Three sources against each
    other are two comparisons.
    """
    try:
        arrived = await receive_export(request, db, shelf, who, limits.max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    async with shelf.unless_refused(arrived.id, arrived.files), db.write(who.scope) as session:
        run = await usecases.accept_export(session, vault, who, arrived, utc_now())
        view = await views.run_view(session, run, reader_of(who), counted=False)
    return json_answer(view, 202, {"Location": f"{_LOCATION}/{run.id}"})


@router.get("", summary="Comparisons · 比对记录")
async def list_comparisons(
    who: ReadReconciliation,
    db: Db,
    reader_of: ReaderOf,
    source: Annotated[ExportSource | None, Query(description="来源")] = None,
    month: Annotated[MonthText | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.ReconciliationView]:
    """Those of the asker's areas and of the county around them, newest first. Their numbers stand with each one alone."""
    first = parse_month(month) if month else None
    async with db.read(who.scope) as session:
        rows = await queries.list_runs(session, who.scope, source, first, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = [await views.run_view(session, run, reader_of(who), counted=False) for run in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/{run_id}", response_model=schemas.ReconciliationView, summary="How far it has come · 比对进度与结果")
async def read_comparison(run_id: UUID, who: WatchExport, db: Db, reader_of: ReaderOf) -> Response:
    """Progress; when it is done, how many people of the asker's areas are the same, differ, are only here or there. A
    bureau sees its own."""
    async with db.read(who.scope) as session:
        run = await usecases.get_watched(session, who, run_id)
        view = await views.run_view(session, run, reader_of(who), counted=True)
    return json_answer(view)


@router.get("/{run_id}/areas", summary="By village or township · 按村、乡镇统计")
async def count_areas(
    run_id: UUID,
    who: ReadReconciliation,
    db: Db,
    reader_of: ReaderOf,
    level: Annotated[Literal["township", "village"], Query(description="乡镇 or 村")] = "village",
    area: Below = None,
) -> list[schemas.AreaOutcomes]:
    """Counted from the people, never typed. An area without people of either side is not there."""
    async with db.read(who.scope) as session:
        require_done(await queries.get_run(session, who.scope, run_id))
        scope = who.scope.within(area)
        return await views.area_views(session, scope, run_id, DIGITS[level], reader_of(who))


@router.get("/{run_id}/rows", summary="People of a comparison · 比对明细")
async def list_rows(
    run_id: UUID,
    who: ReadReconciliation,
    db: Db,
    reader_of: ReaderOf,
    outcome: Annotated[Outcome | None, Query(description="same, differs, only_here, only_there")] = None,
    field: Annotated[ComparedField | None, Query(description="That differ in this field · 不一致字段")] = None,
    area: Below = None,
    unsettled: Annotated[bool | None, Query(description="That nothing has settled since · 未消除")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.ReconciliationRowView]:
    """With what either side says. ID numbers are masked; supervisors see which fields differ, and no values."""
    wanted, scope = RowFilter(outcome, field, unsettled), who.scope.within(area)
    async with db.read(who.scope) as session:
        require_done(await queries.get_run(session, who.scope, run_id))
        rows = await queries.list_rows(session, scope, run_id, wanted, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await views.row_views(session, page, reader_of(who), local_date(utc_now()))
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get(
    "/{run_id}/workbook",
    summary="A comparison as a workbook · 下载比对结果",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def read_workbook(
    run_id: UUID,
    who: ReadReconciliation,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
) -> StreamingResponse:
    """Numbers by village, then who differs, who is only here, who is only there. The first row says who took it and
    when, and so does the audit trail. ID numbers in clear for village, township and county, else masked."""
    reader, scope, now = reader_of(who), who.scope.within(area), utc_now()
    async with db.write(who.scope) as session:
        run = await queries.get_run(session, who.scope, run_id)
        require_done(run)
        villages = await views.area_views(session, scope, run_id, DIGITS["village"], reader)
        told: dict[str, Any] = {"areas": scope.serialise(), "in_clear": reader.sees_people}
        people = sum(one.differs + one.only_here + one.only_there for one in villages)
        await audit.record(session, who, "reconciliation:export", run_id, people=people, **told)
    pieces = ResultWorkbook(db, run, reader, scope).pieces(villages, now)
    return WorkbookAnswer(pieces, str(run_id))


@router.post(
    "/{run_id}/tasks",
    response_model=schemas.TasksOpened,
    summary="Have villages look at it · 下发核对任务",
)
async def open_tasks(run_id: UUID, who: AskVillages, db: Db, key: OptionalRequestKey) -> Response:
    """A task (`correct_row`) for each person in question within the asker's areas, due by the policy, in each village no
    more than it lets be open at a time: asked again later, the next ones follow. A task closes by itself when the row
    is corrected, or a later comparison finds it the same.
    """

    async def work(session: WriteSession) -> Response:
        return json_answer(schemas.TasksOpened(opened=await ask_villages(session, who, run_id, utc_now())))

    return await once(db, who, key, work)
