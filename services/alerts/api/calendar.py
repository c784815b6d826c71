"""The feed calendar (报送日历): who pushed, who said that there was nothing, and who said nothing at all."""

from collections.abc import Iterable
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query

from services.alerts.api.permits import ReadCalendar, ReadContradictions
from services.alerts.queries import zero_reports as queries
from services.alerts.rules.alerts import sight
from services.alerts.rules.calendar import MonthInvalid, month_days
from services.alerts.schemas.calendar import (
    BureauMonth,
    CalendarView,
    ContradictionView,
    FeedMonthView,
    PeriodView,
)
from services.alerts.schemas.fields import FeedCode
from services.alerts.usecases.calendar import FeedMonth, Square, read_calendar
from shared.clock import local_date, utc_now
from shared.http.context import Db, Speaks
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.messages import Language

router = APIRouter(prefix="/v1", tags=["Silence · 零报告与报送日历"])

Bureau = Annotated[str | None, Query(max_length=64, description="Bureau · 部门", examples=["medical-insurance"])]


@router.get(
    "/calendar",
    summary="The feed calendar of a month · 报送日历",
)
async def read_month(
    who: ReadCalendar,
    db: Db,
    language: Speaks,
    month: Annotated[str, Query(max_length=7, description="Month · 月份", examples=["2026-03"])],
    bureau: Bureau = None,
) -> CalendarView:
    """Per county, bureau and feed: the periods that fall due in the month, pushed, zero-reported, late or silent.

    What happens at no fixed time (`event`) is counted by the month and never silent. A bureau sees itself.
    """
    span = month_days(month)
    if span is None:
        raise MonthInvalid(field="month")
    now = utc_now()
    async with db.read(who.scope) as session:
        rows = await read_calendar(session, sight(who), span, bureau, now)
    grouped = groupby(sorted(rows, key=_owner), key=_owner)
    bureaus = [_bureau_month(list(group), language) for _, group in grouped]
    return CalendarView(month=month, today=local_date(now), bureaus=bureaus)


@router.get("/contradictions", summary="List contradictions · 零报告矛盾列表")
async def list_contradictions(
    who: ReadContradictions,
    db: Db,
    feed: FeedCode | None = None,
    bureau: Bureau = None,
    period: Annotated[str | None, Query(max_length=10, description="Period · 报送期")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ContradictionView]:
    """Zero reports that an alert contradicts, newest first: a bureau's own, or all."""
    wanted = queries.Filter(feed, bureau, period)
    async with db.read(who.scope) as session:
        rows = await queries.list_contradictions(session, sight(who), wanted, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[_contradiction(row) for row in page], next=encode_cursor(last[0].id) if last else None)


def _owner(row: FeedMonth) -> tuple[str, str]:
    return row.area, row.feed.bureau


def _bureau_month(rows: list[FeedMonth], language: Language) -> BureauMonth:
    feed = rows[0].feed
    squares = [square for row in rows for square in row.squares]

    def count(state: str) -> int:
        return sum(square.standing.state == state for square in squares)

    return BureauMonth(
        area=rows[0].area,
        bureau=feed.bureau,
        name=feed.bureau_zh if language == "zh" else feed.bureau_en,
        pushed=count("pushed"),
        zero_reported=count("zero_reported"),
        late=sum(square.standing.late for square in squares),
        silent=count("silent"),
        pending=count("pending"),
        contradictions=sum(square.heard.contradictions for square in squares),
        feeds=list(_feed_months(rows, language)),
    )


def _feed_months(rows: Iterable[FeedMonth], language: Language) -> Iterable[FeedMonthView]:
    for row in rows:
        yield FeedMonthView(
            feed=row.feed.code,
            name=row.feed.name_zh if language == "zh" else row.feed.name_en,
            cadence=row.feed.cadence,
            in_month=row.in_month.pushed,
            scheduled=row.scheduled,
            periods=[_period(square) for square in row.squares],
        )


def _period(square: Square) -> PeriodView:
    period, heard, standing = square.period, square.heard, square.standing
    return PeriodView(
        period=period.name,
        first=period.first,
        last=period.last,
        due_on=period.due_on,
        state=standing.state,
        late=standing.late,
        delay_days=standing.delay_days,
        pushed=heard.pushed,
        files=heard.files,
        new_rows=heard.new_rows,
        first_pushed_at=heard.first_push,
        zero_reported_at=heard.zero_reported,
        zero_report_id=heard.zero_report_id,
        contradictions=heard.contradictions,
    )


def _contradiction(row: queries.Found) -> ContradictionView:
    found, zero, feed, alert, said_by, said_of, said_where, taken_back_at = row
    return ContradictionView(
        id=found.id,
        kind=found.kind,
        bureau=feed.bureau,
        feed=zero.feed,
        period=zero.period,
        zero_report_id=zero.id,
        zero_reported_at=zero.reported_at,
        alert_id=alert.id,
        alert_feed=said_by or alert.feed,
        alert_area_code=said_where or alert.area_code,
        alert_occurred_on=said_of or alert.occurred_on,
        found_at=found.found_at,
        settled=any((zero.withdrawn_at, alert.withdrawn_at, taken_back_at)),
    )
