"""Indicators (指标): what they mean, the board, and the names behind each figure. There is no route that takes a total."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api import indicator_views as views
from services.jobs.api.permits import ReadIndicator, ReadIndicatorNames
from services.jobs.api.reader import ReaderOf
from services.jobs.rules.indicator_months import asked_day
from services.jobs.rules.indicators import Part
from services.jobs.schemas import indicators as schemas
from services.jobs.usecases.indicator_board import asked_area, count_board, count_last_year
from services.jobs.usecases.indicator_names import Asked, list_names, record_reading
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from services.jobs.usecases.targets import list_targets, require_indicator
from shared.clock import local_date, utc_now
from shared.http.answers import json_answer
from shared.http.context import Db
from shared.http.cursors import area_cursor
from shared.http.fields import AnyArea
from shared.http.pages import After, Limit, Page, cut, encode_cursor

router = APIRouter(prefix="/v1", tags=["Indicators · 就业指标"])

Area = Annotated[AnyArea | None, Query(description="This area; the asker's own unless given · 区划")]
AsOf = Annotated[date | None, Query(description="Counted for that day; today unless given · 统计日期")]


@router.get("/indicators", summary="Definitions · 指标定义")
async def list_indicators(
    who: ReadIndicator, db: Db, reader_of: ReaderOf, area: Area = None, as_of: AsOf = None
) -> schemas.IndicatorsView:
    """Formulas, definitions and numbers in force on the day, as the policy `labour-indicators` has them."""
    async with db.read(who.scope) as session:
        rules = await IndicatorRuleSets.load(session)
    version = rules.require(asked_area(who, area), asked_day(as_of, local_date(utc_now())))
    return views.definitions(version, reader_of(who))


@router.get("/indicator-board", response_model=schemas.BoardView, summary="Board · 就业指标看板")
async def show_indicator_board(
    who: ReadIndicator,
    db: Db,
    reader_of: ReaderOf,
    area: Area = None,
    as_of: AsOf = None,
    indicator: Annotated[tuple[str, ...], Query(description="Only these; all unless given · 指标代码")] = (),
) -> Response:
    """Each indicator of the area and of the areas below it, beside the same month last year.

    Counted from the ledger's rows, by person. Today and the ends of months come from counters that are counted anew as
    soon as a row changes; any other day is counted for this answer, which takes some seconds for a county.
    """
    today, prefix = local_date(utc_now()), asked_area(who, area)
    async with db.read(who.scope) as session:
        rules = await IndicatorRuleSets.load(session)
        day = asked_day(as_of, today)
        known = rules.require(prefix, day).indicators
        wanted = [known[code] for code in known if not indicator or code in indicator]
        codes = {one.code for one in wanted}
        board = await count_board(session, rules, prefix, as_of, today, codes)
        before = await count_last_year(session, rules, prefix, day, today, codes)
        return json_answer(await views.board(session, board, before, wanted, reader_of(who)))


@router.get("/indicators/{code}/people", summary="Names behind it · 指标名单")
async def list_indicator_people(
    code: str,
    who: ReadIndicatorNames,
    db: Db,
    reader_of: ReaderOf,
    part: Annotated[
        Part, Query(description="counted; missing: asked and not counted; could: could fill the gap · 名单部分")
    ] = "counted",
    area: Area = None,
    as_of: AsOf = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.NamedView]:
    """Who is counted, who is not, or who could fill the gap; of households that count, their labour. Each reading is
    put on record. 422 `indicator-part` where the indicator has no such part."""
    asked = Asked(code, part, asked_area(who, area), as_of)
    start, today = area_cursor(after), local_date(utc_now())
    async with db.write(who.scope) as session:
        rules = await IndicatorRuleSets.load(session)
        require_indicator(rules, asked.area_prefix, asked_day(as_of, today), code)
        page, last = cut(await list_names(session, rules, asked, today, start, limit + 1), limit)
        items = await views.people(session, page, reader_of(who), today)
        await record_reading(session, who, "indicator:read-names", asked, len(page))
    return Page(items=items, next=encode_cursor(last.area_code, last.person_id) if last else None)


@router.get("/targets", summary="Targets · 就业目标")
async def show_targets(
    who: ReadIndicator, db: Db, reader_of: ReaderOf, area: Area = None, as_of: AsOf = None
) -> schemas.TargetsView:
    """Each target of the area: reached or not, the gap in its unit and in people, and where the names of those stand
    who could fill it. 409 `policy-missing` where no targets are in force."""
    prefix = asked_area(who, area)
    async with db.read(who.scope) as session:
        found = await list_targets(session, prefix, as_of, local_date(utc_now()))
        return await views.targets(session, prefix, found, reader_of(who))
