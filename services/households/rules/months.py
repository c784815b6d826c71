"""Months as whole numbers, year × 12 + month − 1, and the twelve of them that income is counted over."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import NewType

Month = NewType("Month", int)
"""Counted from the year 0: October 2026 is 24321."""

PERIOD = 12
"""Months that income is counted over (docs/field.md, Income: identified in June 2021 → June 2020 to May 2021)."""


def month_of(day: date) -> Month:
    """The month in which the day lies."""
    return Month(day.year * 12 + day.month - 1)


def parse_month(text: str) -> Month:
    """From `2026-10`; raises ValueError."""
    return month_of(date.fromisoformat(f"{text}-01"))


def month_text(month: int) -> str:
    """`2026-10`."""
    year, number = divmod(month, 12)
    return f"{year:04}-{number + 1:02}"


def first_day(month: int) -> date:
    """Its first day."""
    year, number = divmod(month, 12)
    return date(year, number + 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Months `first` to `last`, both within it."""

    first: Month
    last: Month

    @property
    def months(self) -> range:
        """All of them."""
        return range(self.first, self.last + 1)


def period_before(on: date) -> Period:
    """The twelve months that end with the month before the reference day."""
    last = month_of(on) - 1
    return Period(Month(last - PERIOD + 1), Month(last))


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def months_between(first: date, last: date) -> int:
    """Whole months from one day to a later one, as `add_months` counts them: 31 August to 28 February are six."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (last.day < first.day and add_months(first, months) > last)
