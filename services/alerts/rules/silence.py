"""When a report is late, silent or not yet due, when it is reminded of, and what contradicts a zero report. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.alerts.rules.calendar import Period
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.policies import Reminders
from shared.errors import Conflict, Invalid, NotFound

CellState = Literal["pushed", "zero_reported", "silent", "pending", "not_expected"]
"""已推送, 零报告, 静默, 未到期, 不定期. Whether it came late stands beside it."""
ReminderKind = Literal["before", "after"]
ContradictionKind = Literal["own_alert", "confirmed_elsewhere"]
"""The bureau itself sent an alert of that period; or somebody else's alert of its risk family was confirmed."""
Source = Literal["household", "cadre"]

COUNTY = 6
"""Digits of a county's code."""
CATCH_UP_DAYS = 7
"""A last reminder that could not be sent on its day is sent within these."""


class PeriodInFuture(Invalid):
    """Nobody knows yet that a period will have nothing."""

    code = "period-in-future"


class PeriodPushed(Conflict):
    """Alerts of that period were sent already."""

    code = "period-pushed"


class ZeroReportNotFound(NotFound):
    """No such zero report among the asker's feeds."""

    code = "zero-report-not-found"


class ZeroReportWithdrawn(Conflict):
    """It was taken back before."""

    code = "zero-report-withdrawn"


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the calendar: what a county, or a part of it, owes of a feed for a period."""

    area: str  # prefix
    feed: str
    period: Period


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a cell."""

    pushed: int = 0
    files: int = 0
    first_push: datetime | None = None  # a file of which no row triggered is a push of 0
    zero_reported: datetime | None = None
    zero_report_id: UUID | None = None
    contradictions: int = 0
    new_rows: int = 0  # of the files: that trigger and were not known before


@dataclass(frozen=True, slots=True)
class Standing:
    """How a period stands. `delay_days`: from the due day to the first push or zero report, or to today's silence."""

    state: CellState
    late: bool
    delay_days: int


def standing(period: Period, heard: Heard, today: date) -> Standing:
    """How the period stands on that day."""
    first = min((at for at in (heard.first_push, heard.zero_reported) if at is not None), default=None)
    spoken_on = local_date(first) if first else None
    delay = max(0, ((spoken_on or today) - period.due_on).days) if period.due_on else 0
    if heard.first_push is not None:
        return Standing("pushed", delay > 0, delay)
    if heard.zero_reported is not None:
        return Standing("zero_reported", delay > 0, delay)
    if period.due_on is None:
        return Standing("not_expected", False, 0)
    return Standing("silent" if delay else "pending", False, delay)


def owing_areas(scope: Scope, counties: Collection[str]) -> list[str]:
    """The counties that owe reports, by prefix, as far as the asker sees them: of a county in part, the parts."""
    seen = tuple(scope.prefixes)
    whole = {county for county in counties if seen and county.startswith(seen)}
    parts = {prefix for prefix in seen if len(prefix) > COUNTY and prefix[:COUNTY] in set(counties) - whole}
    return sorted(whole | parts)


def require_begun(first: date, today: date) -> None:
    """Raise while nobody can know anything of the period that begins on that day."""
    if first > today:
        raise PeriodInFuture(field="period")


def require_zero_reportable(period: Period, pushed: int, today: date) -> None:
    """Raise unless a zero report on the period may be believed."""
    require_begun(period.first, today)
    if pushed:
        raise PeriodPushed(field="period")


@dataclass(frozen=True, slots=True)
class Reminder:
    """Which of a policy's reminders it is: so many days before or after the due day."""

    kind: ReminderKind
    days: int


def reminder_for(due_on: date, remind: Reminders, today: date) -> Reminder | None:
    """The reminder whose turn it is; None when there is none.

    The latest whose day has come: after an outage nobody gets the ones that were missed all at once.
    """
    left = (due_on - today).days
    if left >= 0:
        passed = [days for days in remind.before if days >= left]
        return Reminder("before", min(passed)) if passed else None
    if remind.after is None or -left < remind.after:
        return None
    step = remind.repeat or CATCH_UP_DAYS
    nth = (-left - remind.after) // step
    return Reminder("after", remind.after + nth * step) if nth < remind.times else None


def reminded_span(reminders: Iterable[Reminders]) -> tuple[int, int]:
    """How many days before today, and after it, the due day of a report can lie that is reminded of today."""
    listed = list(reminders)
    after = [(one.after or 0) + one.times * (one.repeat or CATCH_UP_DAYS) for one in listed]
    return max(after, default=0), max((days for one in listed for days in one.before), default=0)
