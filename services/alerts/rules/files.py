"""Files of the bureaus: their states, their periods, what may become of a row, and how long it all will take."""

import re
from calendar import monthrange
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Literal, Self

from shared.errors import Conflict, Gone, Invalid, NotFound, TooLarge

FileFormat = Literal["csv", "xlsx", "xls"]
FileState = Literal["queued", "running", "done", "failed", "cancelled"]
"""待处理, 处理中, 已完成, 已失败, 已取消. The last three are final."""

FRAME_ROWS = 100_000
"""Rows worked off in one transaction."""
MAX_FAULTS = 10_000
"""Mistakes of a file that are kept; all are counted."""
MAX_REASONS = 200
"""Different mistakes of a frame that the result can name."""

_MONTH = r"(?P<year>2[0-9]{3})-(?P<month>0[1-9]|1[0-2])"
_PERIODS = {
    "daily": _MONTH + r"-(?P<day>0[1-9]|[12][0-9]|3[01])",
    "ten_days": _MONTH + r"-T(?P<third>[1-3])",
    "monthly": _MONTH,
    "quarterly": r"(?P<year>2[0-9]{3})-Q(?P<quarter>[1-4])",
    "term": r"2[0-9]{3}-S[12]",
    "event": _MONTH,
}
"""By cadence: how a period is called. An event's is the month it is counted in."""
_TEN_DAYS = {1: 10, 2: 20}  # the third of a month ends with it


class Outcome(IntEnum):
    """What became of a row; from `REJECTED` on: rejected, for the reason at that place in the frame's list."""

    NOT_TRIGGERED = 0
    STORED = 1
    REPEATED = 2
    MERGED = 3
    WORSENED = 4
    SNOOZED = 5
    REOPENED = 6
    UNMATCHED = 7
    REJECTED = 16
    REJECTED_OTHERWISE = 255


class FileNotFound(NotFound):
    """No such file of the asker's feeds and areas."""

    code = "file-not-found"


class FileGone(Gone):
    """The original was kept long enough and is deleted."""

    code = "file-gone"


class FileNotFinished(Conflict):
    """Rows are still being worked off."""

    code = "file-not-finished"


class FileFinished(Conflict):
    """There is nothing left to cancel."""

    code = "file-finished"


class FileTooLarge(TooLarge):
    """More bytes than a file may have."""

    code = "file-too-large"


class PeriodInvalid(Invalid):
    """Not a period of the feed's cadence."""

    code = "period-invalid"


class FeedWithoutColumns(Conflict):
    """Nobody has said yet which columns of a file are which fields of the feed."""

    code = "feed-without-columns"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a frame, or of a file, by what became of them."""

    rows_read: int = 0
    screened: int = 0
    triggered: int = 0
    matched: int = 0
    stored: int = 0
    repeated: int = 0
    merged: int = 0
    worsened: int = 0
    snoozed: int = 0
    rejected: int = 0
    unmatched: int = 0
    faults: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def period_end(text: str, cadence: str) -> date | None:
    """The last day of the period `text`, as far as its name says it. Raises `PeriodInvalid` when it is none."""
    found = re.fullmatch(_PERIODS[cadence], text, re.ASCII)
    if found is None:
        raise PeriodInvalid(field="period", cadence=cadence)
    parts = {name: int(value) for name, value in found.groupdict().items()}
    if not parts:
        return None  # when a term ends stands in the calendar
    month = parts.get("month") or parts["quarter"] * 3
    last = monthrange(parts["year"], month)[1]
    day = parts.get("day") or _TEN_DAYS.get(parts.get("third", 0), last)
    if day > last:
        raise PeriodInvalid(field="period", cadence=cadence)
    return date(parts["year"], month, day)


def ends_at(
    rows_read: int, rows_estimate: int | None, started_at: datetime | None, moved_at: datetime | None
) -> datetime | None:
    """When the last row will be done if all goes on as it went; None while nobody can tell."""
    if not rows_estimate or not rows_read or started_at is None or moved_at is None:
        return None
    left = max(0, rows_estimate - rows_read)
    return moved_at + timedelta(seconds=left * (moved_at - started_at).total_seconds() / rows_read)


def has_result(state: FileState, rows_read: int) -> bool:
    """Whether it can be told what became of its rows: nothing is done any more, and something was."""
    return state in ("done", "cancelled") or (state == "failed" and rows_read > 0)


def require_cancellable(state: FileState) -> None:
    """Raise `FileFinished` unless there are rows left to stop."""
    if state not in ("queued", "running"):
        raise FileFinished
