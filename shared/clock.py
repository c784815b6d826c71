"""The clock. Rules never read it: the time comes in as an argument, so a test can be in any year."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one zone and no summer time, so no time-zone database is needed."""

FIRST_YEAR = 1850
"""No day of anybody's life, and of no paper about it, lies before: 0026 is a 2026 that somebody mistyped."""
LAST_YEAR = 2150
"""Nor after."""


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """The calendar day in China on which `moment` falls."""
    return moment.astimezone(CHINA).date()


def start_of_day(day: date) -> datetime:
    """The first moment of `day` in China, in UTC as every moment; of the first day there is, the first moment there is."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, datetime.min.time(), CHINA).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first moment after `day` in China: a deadline "by the 25th" is missed only when the 25th is over.

    Of the last day there is, the last moment there is: some mean "for ever" by it.
    """
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1))


def age_on(birth_on: date, day: date) -> int:
    """Whole years on that day (周岁): the birthday counts; who was born on 29 February has it on 1 March otherwise."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))
