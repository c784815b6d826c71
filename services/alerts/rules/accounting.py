"""Which days an account is given of."""

from datetime import date, datetime, timedelta
from typing import Literal

from shared.clock import CHINA
from shared.errors import Invalid

FindingKind = Literal["missing", "answered"]
"""households never got it; has a verdict on it. Each while the alert is open here."""

Channel = Literal["batch", "file", "single"]
"""How reports come."""

NIGHT = range(2, 6)
"""Hours in China in which nobody is kept waiting by a long look."""
A_NIGHT = timedelta(hours=12)
LONGEST = timedelta(days=366)
COMPARED = timedelta(days=31)
"""How far back every night looks for what got lost."""


class DaysReversed(Invalid):
    """The last day lies before the first."""

    code = "days-reversed"


class DaysTooMany(Invalid):
    """More days than one account is given of."""

    code = "days-too-many"


def days_of_account(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """First and last day of an account: the present month up to today, where they are left out."""
    end = last or today
    begin = first or end.replace(day=1)
    if end < begin:
        raise DaysReversed(field="to")
    if end - begin >= LONGEST:
        raise DaysTooMany(field="to", max_days=LONGEST.days)
    return begin, end


def due_tonight(last_at: datetime | None, now: datetime) -> bool:
    """Whether what is done once a night is to be done now."""
    return now.astimezone(CHINA).hour in NIGHT and (last_at is None or now - last_at > A_NIGHT)
