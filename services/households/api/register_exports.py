"""Exports of the register as the national system's lists (名单导出)."""

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from services.households.api.permits import ExportRegister
from services.households.api.reader import Reader, ReaderOf
from services.households.rules.register_imports import ListKind
from services.households.usecases.list_export import ListExport, begin_export
from shared.clock import utc_now
from shared.http.context import Db, Seals
from shared.http.fields import AnyArea
from shared.http.pages import Below
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.ids import new_id
from shared.security.principals import FIELD
from shared.workbook_stream import waiter

router = APIRouter(prefix="/v1/register-exports", tags=["Lists · 名单导入导出"])

Area = Below


@router.get(
    "/person-list.xlsx",
    summary="Person list · 导出人员清单",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def export_people(
    who: ExportRegister, db: Db, vault: Seals, reader_of: ReaderOf, area: Area = None
) -> StreamingResponse:
    """Everybody who lives in a household of the area, in the 32 columns of the national list. Counted in the audit
    trail; the first row says who took it and when. Supervisors get names, ID numbers and phones masked."""
    return await _export(db, vault, reader_of(who), "person-list", area)


@router.get(
    "/household-list.xlsx",
    summary="Household list · 导出农户清单",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def export_households(
    who: ExportRegister, db: Db, vault: Seals, reader_of: ReaderOf, area: Area = None
) -> StreamingResponse:
    """The households of the area, in the columns of the national list; otherwise as the person list."""
    return await _export(db, vault, reader_of(who), "household-list", area)


async def _export(db: Db, vault: Seals, reader: Reader, kind: ListKind, area: AnyArea | None) -> StreamingResponse:
    who, now, export_id = reader.who, utc_now(), new_id()
    export = ListExport(db, vault, who, who.scope.within(area), kind, open=who.role in FIELD)
    async with db.write(who.scope) as session:
        await begin_export(session, export_id, export)
    watermark = reader.watermark("export-watermark", now, export=export_id)
    return WorkbookAnswer(export.pieces(watermark, waiter()), f"{kind}-{export_id}")
