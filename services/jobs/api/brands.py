"""Labour brands (劳务品牌)."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.jobs.api.permits import ReadBrand
from services.jobs.api.reader import ReaderOf
from services.jobs.queries import brands as find
from services.jobs.queries.enrolments import list_certificates
from services.jobs.rules.indicator_months import day_of
from services.jobs.rules.months import month_of, move, parse_month
from services.jobs.schemas import brands as schemas
from services.jobs.schemas.fields import Trade
from services.jobs.usecases.brands import Against, rank_brands
from shared.clock import local_date, utc_now
from shared.http.context import Db
from shared.http.fields import MonthText
from shared.http.pages import Below
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/brands", tags=["Labour brands · 劳务品牌"])

LEADERS = 20
TREND = 12  # months

Month = Annotated[MonthText | None, Query(description="This one unless given · 台账月份")]


@router.get("", summary="Trades by concentration · 工种集中度")
async def rank_trades(
    who: ReadBrand,
    db: Db,
    reader_of: ReaderOf,
    month: Month = None,
    area: Below = None,
    against: Annotated[
        Against,
        Query(description="All posts on offer, the caller's whole ledger, or the policy's reference · 对比口径"),
    ] = "posts",
) -> schemas.RankingView:
    """Location quotients (区位商): the share of a trade here by its share there. A brand has enough people and a high
    quotient, both by the policy `trade-reference`. `ledger` compares an area with all that the caller sees; `reference`
    with the policy's shares, which are an example until a county publishes its own.
    """
    now, reader = utc_now(), reader_of(who)
    first = parse_month(month) if month else month_of(local_date(now))
    day = day_of(first, local_date(now))
    async with db.read(who.scope) as session:
        found = await rank_brands(session, who, who.scope.within(area), day, against, now)
    return schemas.RankingView(
        month=first,
        people=found.people,
        source=found.source,
        policy_id=found.policy_id,
        trades=[
            schemas.TradeView(
                trade=reader.coded("trade", one.trade),
                people=one.people,
                share=one.share,
                reference_share=one.reference_share,
                quotient=one.quotient,
                brand=one.brand,
            )
            for one in found.trades
        ],
    )


@router.get("/{trade}", summary="One trade · 工种品牌详情")
async def get_brand(
    trade: Trade, who: ReadBrand, db: Db, reader_of: ReaderOf, month: Month = None, area: Below = None
) -> schemas.BrandView:
    """Villages and people that lead (带头村、带头人), and what the trade paid in the last twelve months."""
    now, reader = utc_now(), reader_of(who)
    first = parse_month(month) if month else month_of(local_date(now))
    day, scope = day_of(first, local_date(now)), who.scope.within(area)
    async with db.read(who.scope) as session:
        villages = await find.list_villages(session, scope, day, trade, LEADERS)
        leaders = await find.list_leaders(session, scope, day, trade, LEADERS)
        pay = await find.list_pay(session, scope, move(first, 1 - TREND), day, trade)
        held = await list_certificates(session, scope, {one.person.id for one in leaders})
        codes = {one.area_code for one in villages} | {one.person.area_code for one in leaders}
        names = await find_names_above(session, codes)
    mine = [one.person_id for one in held if one.trade == trade]
    return schemas.BrandView(
        trade=reader.coded("trade", trade),
        villages=[
            schemas.VillageLeadView(area=reader.area(one.area_code, names), people=one.people) for one in villages
        ],
        people=[
            schemas.PersonLeadView(
                person=reader.person(one.person, local_date(now)),
                area=reader.area(one.person.area_code, names),
                wage=float(one.row.wage or 0),
                work_area=one.row.work_area,
                certificates=mine.count(one.person.id),
            )
            for one in leaders
        ],
        pay=[schemas.PayMonthView(month=one.month, people=one.people, pay=one.pay) for one in pay],
    )
