"""Files of the bureaus: their states, their periods, what may become of a row, and how long it all will take."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal, Self

from shared.errors import Conflict, Gone, NotFound, TooLarge, TooMany

FileState = Literal["queued", "running", "done", "failed", "cancelled"]
"""待处理, 处理中, 已完成, 已失败, 已取消. The last three are final."""

FRAME_ROWS = 100_000
"""Rows worked off in one transaction."""
MAX_FAULTS = 10_000
"""Mistakes of a file that are kept; all are counted."""
MAX_REASONS = 200
"""Different mistakes of a frame that the result can name."""
MOST_WAITING = 100
"""Files of one sender that are not worked off yet: two years of a bureau with four feeds. They lie on the disk of all, and
those of others wait behind them.
"""
_RETRY_SECONDS = 60


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


WITH_ALERT = (Outcome.STORED, Outcome.REPEATED, Outcome.MERGED, Outcome.WORSENED, Outcome.SNOOZED, Outcome.REOPENED)
"""Of rows that are an alert or belong to one."""


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


class FilesWaiting(TooMany):
    """As many files of the sender wait to be worked off as may; `retry_after` seconds."""

    code = "files-waiting"


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


def ends_at(
    rows_read: int, rows_estimate: int | None, started_at: datetime | None, moved_at: datetime | None
) -> datetime | None:
    """When the last row will be done if all goes on as it went; None while nobody can tell."""
    if not rows_estimate or not rows_read or started_at is None or moved_at is None:
        return None
    left = max(0, rows_estimate - rows_read)
    taken = max(timedelta(0), moved_at - started_at)  # a clock may be set back meanwhile
    return moved_at + left * taken / rows_read


def has_result(state: FileState, rows_read: int) -> bool:
    """Whether it can be told what became of its rows: nothing is done any more, and something was."""
    return state in ("done", "cancelled") or (state == "failed" and rows_read > 0)


def require_room(waiting: int) -> None:
    """Raise `FilesWaiting` when the sender has more files waiting than may."""
    if waiting > MOST_WAITING:
        raise FilesWaiting(most=MOST_WAITING, retry_after=_RETRY_SECONDS)


def require_cancellable(state: FileState) -> None:
    """Raise `FileFinished` unless there are rows left to stop."""
    if state not in ("queued", "running"):
        raise FileFinished
