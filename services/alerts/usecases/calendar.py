"""The feed calendar of a month, and the reminders of what is due in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.alerts import events
from services.alerts.models import Feed
from services.alerts.queries import calendar as queries
from services.alerts.rules.alerts import Sight
from services.alerts.rules.calendar import Period, Schedule, is_scheduled, periods_due, periods_told
from services.alerts.rules.silence import (
    Cell,
    Heard,
    Reminder,
    Standing,
    owing_areas,
    reminded_span,
    reminder_for,
    standing,
)
from shared.areas import Scope, code_of
from shared.clock import local_date
from shared.contracts.policies import FeedCalendar, FeedReminder
from shared.db.engine import ReadSession, WriteSession
from shared.outbox import emit
from shared.projections.policies import InForce, in_force, load_in_force

CALENDAR = "feed-calendar"
REMINDERS_KEPT = timedelta(days=800)
"""Longer than any reminder can still have its turn."""
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class Square:
    """A period of a feed in an area, and how it stands."""

    period: Period
    heard: Heard
    standing: Standing


@dataclass(frozen=True, slots=True)
class FeedMonth:
    """A feed in an area: what fell due in the month, and all that happened in it."""

    area: str
    feed: Feed
    squares: Sequence[Square]
    in_month: Heard
    scheduled: bool


async def read_calendar(
    session: ReadSession,
    sight: Sight,
    month: tuple[date, date],
    bureau: str | None,
    now: datetime,
) -> list[FeedMonth]:
    """The feeds in sight, by area and bureau, with the periods that are due in the month.

    Raises `PolicyMissing` where no calendar is in force.
    """
    today = local_date(now)
    by_day = max(month[0], min(today, month[1]))
    feeds = await queries.list_owed(session, sight.feeds, bureau)
    calendars = await load_in_force(session, CALENDAR, by_day, FeedCalendar)
    cells: list[Cell] = []
    rows: list[tuple[str, Feed, int, bool]] = []
    for area in owing_areas(sight.scope, await queries.list_counties(session)):
        calendar, _ = calendars.get(code_of(area))
        for feed in feeds:
            schedule = queries.schedule_of(feed)
            due = periods_told(schedule, *month, calendar) if feed.cadence != "event" else []
            cells.append(Cell(area, feed.code, Period(f"{month[0]:%Y-%m}", *month, None)))
            cells.extend(Cell(area, feed.code, period) for period in due)
            rows.append((area, feed, len(due), is_scheduled(schedule, *month, calendar)))
    heard = iter(zip(cells, await queries.hear(session, cells), strict=True))
    return [_feed_month(*row, heard, today) for row in rows]


async def get_calendar(session: ReadSession, area_prefix: str, on: date) -> FeedCalendar:
    """The calendar in force for an area; raises `PolicyMissing`."""
    return (await in_force(session, CALENDAR, code_of(area_prefix), on, FeedCalendar))[0]


def _feed_month(
    area: str, feed: Feed, due: int, scheduled: bool, heard: Iterator[tuple[Cell, Heard]], today: date
) -> FeedMonth:
    whole, in_month = next(heard)
    squares = [
        Square(cell.period, said, standing(cell.period, said, today))
        for cell, said in _take(heard, due)
        if cell.period.due_on is not None or not _is_silent(said)
    ]
    if feed.cadence == "event":
        squares = [Square(whole.period, in_month, standing(whole.period, in_month, today))]
    return FeedMonth(area, feed, squares, in_month, scheduled)


def _take(heard: Iterator[tuple[Cell, Heard]], count: int) -> Iterator[tuple[Cell, Heard]]:
    for _ in range(count):
        yield next(heard)


async def remind(session: WriteSession, now: datetime) -> int:
    """Tell of the reports whose reminder's turn it is, each once; how many. One transaction: killed, nothing was told.

    Where no policy is in force nobody is reminded, and the others are not held up.
    """
    today = local_date(now)
    calendars = await load_in_force(session, CALENDAR, today, FeedCalendar)
    reminders = await load_in_force(session, "feed-reminder", today, FeedReminder)
    areas = owing_areas(_EVERYWHERE, await queries.list_counties(session))
    due: list[tuple[Cell, Reminder, UUID]] = []
    bureaus: dict[str, str] = {}
    for feed in await queries.list_owed(session, None, None):
        bureaus[feed.code] = feed.bureau
        for area in areas:
            due.extend(_reminders(queries.schedule_of(feed), area, calendars, reminders, today))
    heard = await queries.hear(session, [cell for cell, _, _ in due])
    silent = [one for one, said in zip(due, heard, strict=True) if _is_silent(said)]
    fresh = await queries.claim_reminders(session, silent, now)
    told = [
        events.report_due(bureaus[cell.feed], cell, reminder, policy_id, today)
        for cell, reminder, policy_id in silent
        if (cell.feed, cell.period.name, cell.area) in fresh
    ]
    await emit(session, *told)
    return len(told)


def _reminders(
    schedule: Schedule, area: str, calendars: InForce[FeedCalendar], reminders: InForce[FeedReminder], today: date
) -> Iterator[tuple[Cell, Reminder, UUID]]:
    code = code_of(area)
    calendar, _ = calendars.find(code)
    reminder, policy_id = reminders.find(code)
    if calendar is None or reminder is None or policy_id is None:
        return
    wanted = reminder.of(schedule.feed, schedule.cadence)
    back, ahead = reminded_span([wanted])
    span = today - timedelta(days=back), today + timedelta(days=ahead)
    for period in periods_due(schedule, *span, calendar):
        if period.due_on is not None and (turn := reminder_for(period.due_on, wanted, today)) is not None:
            yield Cell(area, schedule.feed, period), turn, policy_id


def _is_silent(heard: Heard) -> bool:
    return heard.first_push is None and heard.zero_reported is None


async def forget_reminders(session: WriteSession, now: datetime) -> None:
    """Delete what was sent so long ago that it cannot be sent again."""
    await queries.forget_reminders(session, now - REMINDERS_KEPT)
