"""Months of the ledger and the day that each is counted for."""

from datetime import date, timedelta
from typing import ClassVar

from shared.errors import Invalid


class DayInFuture(Invalid):
    """Nothing can be counted for a day that has not come."""

    code: ClassVar[str] = "date-in-future"


def first_of(day: date) -> date:
    """The month of a day, by its first day."""
    return day.replace(day=1)


def months_on(month: date, months: int) -> date:
    """The first day so many months later, or earlier."""
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def last_of(month: date) -> date:
    """Its last day."""
    return months_on(month, 1) - timedelta(days=1)


def day_of(month: date, today: date) -> date:
    """The day a month is counted for: its last, and today in the month that runs."""
    return min(last_of(month), today)


def asked_day(day: date | None, today: date) -> date:
    """The day somebody asks for, else today. Raises `DayInFuture`."""
    if day is not None and day > today:
        raise DayInFuture(field="as_of")
    return day or today


def is_kept(day: date, today: date) -> bool:
    """Whether counters are kept for the day; the days between are counted from the rows."""
    return day == day_of(first_of(day), today)
