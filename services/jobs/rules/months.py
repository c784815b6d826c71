"""Months of the ledger, each by its first day."""

from datetime import date, timedelta
from typing import ClassVar

from shared.errors import Invalid

AHEAD = 2
"""Months for which partitions are made before they come."""


class MonthInvalid(Invalid):
    """No month, or one that has not begun."""

    code: ClassVar[str] = "month-invalid"


def month_of(day: date) -> date:
    """The first day of the month in which `day` lies."""
    return day.replace(day=1)


def parse_month(text: str) -> date:
    """From `2026-10`; raises ValueError."""
    if len(text) != 7:
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")


def begun_month(text: str, today: date) -> date:
    """A month that has begun, from `2026-10`; raises `MonthInvalid`."""
    try:
        month = parse_month(text)
    except ValueError:
        raise MonthInvalid(field="month") from None
    if month > today:
        raise MonthInvalid(field="month")
    return month


def month_text(month: date) -> str:
    """`2026-10`."""
    return f"{month:%Y-%m}"


def move(month: date, by: int) -> date:
    """The month so many later, or earlier."""
    years, number = divmod(month.year * 12 + month.month - 1 + by, 12)
    return date(years, number + 1, 1)


def last_day(month: date) -> date:
    """Its last day."""
    return move(month, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> list[date]:
    """From `first` to `last`, both of them."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [move(first, by) for by in range(count + 1)]
