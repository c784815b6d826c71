"""The day that a month of the ledger is counted for."""

from datetime import date

from services.jobs.rules.months import last_day, month_of
from shared.errors import DateInFuture


def day_of(month: date, today: date) -> date:
    """The day a month is counted for: its last, and today in the month that runs."""
    return min(last_day(month), today)


def asked_day(day: date | None, today: date) -> date:
    """The day somebody asks for, else today. Raises `DateInFuture`."""
    if day is not None and day > today:
        raise DateInFuture(field="as_of")
    return day or today


def is_kept(day: date, today: date) -> bool:
    """Whether counters are kept for the day; the days between are counted from the rows."""
    return day == day_of(month_of(day), today)
