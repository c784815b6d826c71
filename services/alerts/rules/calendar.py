"""The calendar of the feeds (报送日历): which period a day belongs to, and by which day its report is due.

Pure. A day is always a day in China; which days are free and when school terms are is policy data (`FeedCalendar`).
Names: `2026-03-02` a day, `2026-03-T1` to `-T3` the ten days (旬) of a month, `2026-03` a month, `2026-Q1` a quarter,
`2026-S1` a school term. What has no cadence (`event`) is counted by months and never due.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.alerts.rules.feeds import Cadence
from shared.contracts.policies import FeedCalendar
from shared.errors import Invalid

ONE_DAY = timedelta(days=1)
LONGEST_DELAY = timedelta(days=400)
"""No report is due longer than this after the last day of its period."""

_TEN_DAYS = {1: (1, 10), 2: (11, 20), 3: (21, 31)}
_QUARTER = 3  # months
_NAMES: dict[Cadence, re.Pattern[str]] = {
    "daily": re.compile(r"(2[0-9]{3})-([0-9]{2})-([0-9]{2})"),
    "ten_days": re.compile(r"(2[0-9]{3})-([0-9]{2})-T([1-3])"),
    "monthly": re.compile(r"(2[0-9]{3})-([0-9]{2})"),
    "quarterly": re.compile(r"(2[0-9]{3})-Q([1-4])"),
    "event": re.compile(r"(2[0-9]{3})-([0-9]{2})"),
}
_EXAMPLES: dict[Cadence, str] = {
    "daily": "2026-03-02",
    "ten_days": "2026-03-T1",
    "monthly": "2026-03",
    "quarterly": "2026-Q1",
    "term": "2026-S1",
    "event": "2026-03",
}

_TERM = re.compile(r"2[0-9]{3}-S[12]")


class PeriodInvalid(Invalid):
    """Not a period of the feed's cadence."""

    code = "period-invalid"


class PeriodUnknown(Invalid):
    """The feed has no period of that name."""

    code = "period-unknown"


class PeriodNotPlain(Invalid):
    """Nobody named a period, and more than one may be meant, or none."""

    code = "period-not-plain"


class MonthInvalid(Invalid):
    """Not a month as `2026-03`."""

    code = "month-invalid"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a feed reports, and how many days after the end of a period (5: by the 5th of the next month).

    `grace_days` are added to the due day. Periods that ended before `since` are owed by nobody.
    """

    feed: str
    cadence: Cadence
    due_day: int | None
    grace_days: int = 0
    since: date = date.min


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both within it, that one report is about. `due_on`: the last day that is in time."""

    name: str
    first: date
    last: date
    due_on: date | None  # None: nobody waits for it


def period_of(schedule: Schedule, day: date, calendar: FeedCalendar) -> Period | None:
    """The period that `day` belongs to; None for a day outside every term."""
    if schedule.cadence == "term":
        term = next((term for term in calendar.terms if term.first <= day <= term.last), None)
        return _period(schedule, term.name, term.first, term.last, calendar) if term else None
    name, first, last = _span(schedule.cadence, day)
    return _period(schedule, name, first, last, calendar)


def period_named(schedule: Schedule, name: str, calendar: FeedCalendar) -> Period:
    """The period of that name; raises `PeriodUnknown`."""
    day = _first_day(schedule.cadence, name, calendar)
    found = period_of(schedule, day, calendar) if day else None
    if found is None:
        raise PeriodUnknown(field="period", example=_EXAMPLES[schedule.cadence])
    return found


def first_day_of(cadence: Cadence, name: str) -> date:
    """When the period `name` begins; of a term the first day of its year, for more stands in the calendar.

    Raises `PeriodInvalid`.
    """
    if cadence == "term":
        if not _TERM.fullmatch(name):
            raise PeriodInvalid(field="period", example=_EXAMPLES[cadence])
        return date(int(name[:4]), 1, 1)
    first = _named_day(cadence, name)
    if first is None:
        raise PeriodInvalid(field="period", example=_EXAMPLES[cadence])
    return first


def period_end(name: str, cadence: Cadence) -> date | None:
    """The last day of the period `name`; None for a term: when it ends stands in the calendar. Raises `PeriodInvalid`."""
    first = first_day_of(cadence, name)
    return None if cadence == "term" else _span(cadence, first)[2]


def plain_period(schedule: Schedule, day: date, calendar: FeedCalendar) -> Period:
    """The period that somebody means on that day who names none: the one it lies in.

    Raises `PeriodNotPlain` while the report on the one before is still in time, and outside every term.
    """
    present = period_of(schedule, day, calendar)
    before = period_of(schedule, present.first - ONE_DAY, calendar) if present else None
    if present is None or (before is not None and before.due_on is not None and day <= before.due_on):
        names = [one.name for one in (before, present) if one is not None] or [f"{day.year}-S1"]
        raise PeriodNotPlain(field="period", names=", ".join(names))
    return present


def periods_due(schedule: Schedule, first: date, last: date, calendar: FeedCalendar) -> list[Period]:
    """The periods whose reports are due from `first` to `last`, in order; for `event` the months they lie in."""
    if schedule.cadence == "event":
        return list(_periods(schedule, first, last, calendar))
    due = []
    for period in _backwards(schedule, last, calendar):
        if period.due_on is not None and period.due_on <= last:
            if period.due_on < first and schedule.cadence != "term":
                break  # earlier periods are due earlier still; terms say themselves when they are
            due.append(period)
        if period.last < first - LONGEST_DELAY:
            break
    return [period for period in reversed(due) if period.due_on and period.due_on >= first]


def periods_told(schedule: Schedule, first: date, last: date, calendar: FeedCalendar) -> list[Period]:
    """`periods_due`, and with no due day those that nobody waits for yet: a bureau may send what is older."""
    ever = calendar.model_copy(update={"expected_from": date.min})
    told = periods_due(schedule, first, last, ever)
    return [_period(schedule, one.name, one.first, one.last, calendar) for one in told]


def is_working_day(day: date, calendar: FeedCalendar) -> bool:
    """Whether bureaus work. A working day that was swapped in (调休) counts before everything else."""
    if day in calendar.working_days:
        return True
    return day.isoweekday() not in calendar.weekend and not any(h.first <= day <= h.last for h in calendar.holidays)


def month_days(month: str) -> tuple[date, date] | None:
    """First and last day of `2026-03`; None when it is no month."""
    first = _first_day("monthly", month, FeedCalendar())
    return (first, _end_of_month(first)) if first else None


def is_scheduled(schedule: Schedule, first: date, last: date, calendar: FeedCalendar) -> bool:
    """Whether the calendar tells when the feed reports: of terms somebody has to publish the dates in time."""
    if schedule.cadence != "term":
        return True
    return any(term.last >= first for term in calendar.terms) and any(term.first <= last for term in calendar.terms)


def _period(schedule: Schedule, name: str, first: date, last: date, calendar: FeedCalendar) -> Period:
    return Period(name, first, last, _due_on(schedule, first, last, calendar))


def _due_on(schedule: Schedule, first: date, last: date, calendar: FeedCalendar) -> date | None:
    if schedule.cadence == "event" or last < (calendar.expected_from or schedule.since):
        return None
    if schedule.cadence == "daily" and not _is_expected(schedule, first, calendar):
        return None
    delay = timedelta(days=schedule.due_day or 0)
    day = last + delay
    if schedule.cadence == "term" and schedule.feed in calendar.at_term_start:
        day = next((t.lists_due for t in calendar.terms if t.first == first and t.lists_due), first + delay)
    return _postponed(day, calendar) + timedelta(days=schedule.grace_days)


def _is_expected(schedule: Schedule, day: date, calendar: FeedCalendar) -> bool:
    """Whether a daily feed is to report on that day."""
    if schedule.feed in calendar.in_term_only and not any(t.first <= day <= t.last for t in calendar.terms):
        return False
    return is_working_day(day, calendar)


def _postponed(day: date, calendar: FeedCalendar) -> date:
    if calendar.postpone:
        latest = day + LONGEST_DELAY / 2  # a calendar of holidays only would have no end
        while not is_working_day(day, calendar) and day < latest:
            day += ONE_DAY
    return day


def _span(cadence: Cadence, day: date) -> tuple[str, date, date]:
    match cadence:
        case "daily":
            return day.isoformat(), day, day
        case "ten_days":
            third = min((day.day - 1) // 10 + 1, 3)
            begin, end = _TEN_DAYS[third]
            return f"{day:%Y-%m}-T{third}", day.replace(day=begin), _day_of_month(day, end)
        case "quarterly":
            quarter = (day.month - 1) // _QUARTER + 1
            first = day.replace(month=(quarter - 1) * _QUARTER + 1, day=1)
            return f"{day:%Y}-Q{quarter}", first, _end_of_month(first.replace(month=first.month + _QUARTER - 1))
        case _:
            return f"{day:%Y-%m}", day.replace(day=1), _end_of_month(day)


def _first_day(cadence: Cadence, name: str, calendar: FeedCalendar) -> date | None:
    if cadence == "term":
        return next((term.first for term in calendar.terms if term.name == name), None)
    return _named_day(cadence, name)


def _named_day(cadence: Cadence, name: str) -> date | None:
    """The first day of a period that its name tells, which a term's does not; None when it names none."""
    found = _NAMES[cadence].fullmatch(name)
    if found is None or not name.isascii():
        return None
    year, *rest = map(int, found.groups())
    try:
        match cadence:
            case "daily":
                return date(year, *rest)
            case "ten_days":
                return date(year, rest[0], _TEN_DAYS[rest[1]][0])
            case "quarterly":
                return date(year, (rest[0] - 1) * _QUARTER + 1, 1)
            case _:
                return date(year, rest[0], 1)
    except ValueError:
        return None


def _periods(schedule: Schedule, first: date, last: date, calendar: FeedCalendar) -> Iterator[Period]:
    """The periods that have a day from `first` to `last`."""
    if schedule.cadence == "term":
        for term in sorted(calendar.terms, key=lambda term: term.first):
            if term.first <= last and first <= term.last:
                yield _period(schedule, term.name, term.first, term.last, calendar)
        return
    while first <= last:
        name, begin, end = _span(schedule.cadence, first)
        yield _period(schedule, name, begin, end, calendar)
        first = end + ONE_DAY


def _backwards(schedule: Schedule, day: date, calendar: FeedCalendar) -> Iterator[Period]:
    """The periods begun by `day`, the latest first, without end but for terms."""
    if schedule.cadence == "term":
        yield from reversed(list(_periods(schedule, date.min, day, calendar)))
        return
    while True:
        name, begin, end = _span(schedule.cadence, day)
        yield _period(schedule, name, begin, end, calendar)
        day = begin - ONE_DAY


def _day_of_month(month: date, day: int) -> date:
    """That day of the month of `month`, or the month's last."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _end_of_month(day: date) -> date:
    return _day_of_month(day, 31)
