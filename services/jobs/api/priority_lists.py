"""Priority lists (重点名单): three kinds of labour, school leavers, who came home. Always as the rows are now."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from services.jobs.api import indicator_views as views
from services.jobs.api.permits import ExportPriorityList, ReadIndicator, ReadPriorityList
from services.jobs.api.priority_workbook import ListExport
from services.jobs.api.reader import ReaderOf
from services.jobs.schemas import indicators as schemas
from services.jobs.usecases.indicator_board import asked_area, count_board
from services.jobs.usecases.indicator_names import Asked, list_names, record_reading, require_list
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.clock import local_date, utc_now
from shared.http.context import Db
from shared.http.cursors import area_cursor
from shared.http.fields import AnyArea
from shared.http.pages import After, Limit, Page, cut, encode_cursor
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.ids import new_id

router = APIRouter(prefix="/v1/priority-lists", tags=["Priority lists · 重点名单"])

Area = Annotated[AnyArea | None, Query(description="This area; the asker's own unless given · 区划")]


@router.get("", summary="All lists · 重点名单汇总")
async def list_priority_lists(who: ReadIndicator, db: Db, reader_of: ReaderOf, area: Area = None) -> schemas.ListsView:
    """How many stand on each list, in the area and in each area below it."""
    today, prefix = local_date(utc_now()), asked_area(who, area)
    async with db.read(who.scope) as session:
        rules = await IndicatorRuleSets.load(session)
        lists = list(rules.require(prefix, today).lists.values())
        board = await count_board(session, rules, prefix, None, today, {one.code for one in lists})
        return await views.lists(session, board, lists, reader_of(who))


@router.get("/{code}.xlsx", summary="As a workbook · 导出名单", response_class=StreamingResponse, responses=WORKBOOK)
async def export_priority_list(
    code: str, who: ExportPriorityList, db: Db, reader_of: ReaderOf, area: Area = None
) -> StreamingResponse:
    """The whole list of the area. Put on record with its number of rows; the first line says who took it and when.
    Supervisors get names masked."""
    now, export_id, asked = utc_now(), new_id(), Asked(code, "counted", asked_area(who, area), None)
    export = ListExport(db, reader_of(who), asked, local_date(now))
    async with db.write(who.scope) as session:
        await export.begin(session, export_id)
    return WorkbookAnswer(export.pieces(export_id, now), f"{code}-{export_id}")


@router.get("/{code}", summary="Who stands on it · 重点名单")
async def list_priority_people(
    code: str,
    who: ReadPriorityList,
    db: Db,
    reader_of: ReaderOf,
    area: Area = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.NamedView]:
    """The people on the list now; of a household that stands on it, its labour. Each reading is put on record."""
    asked = Asked(code, "counted", asked_area(who, area), None)
    start, today = area_cursor(after), local_date(utc_now())
    async with db.write(who.scope) as session:
        rules = await IndicatorRuleSets.load(session)
        require_list(rules, asked, today)
        page, last = cut(await list_names(session, rules, asked, today, start, limit + 1), limit)
        items = await views.people(session, page, reader_of(who), today)
        await record_reading(session, who, "priority-list:read", asked, len(page))
    return Page(items=items, next=encode_cursor(last.area_code, last.person_id) if last else None)
