"""Public notices (公示): how long one really ran, and what may be written on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal

from shared.contracts.monitoring import State
from shared.errors import Conflict, DateInFuture, Invalid, NotFound

NoticeKind = Literal["identification", "elimination"]
NoticeState = Literal["drafted", "posted", "ended", "withdrawn", "expired"]

STATE_OF: dict[NoticeKind, State] = {"identification": "notice", "elimination": "elimination_notice"}
"""In which state a case is put on a notice."""


class NoticeNotFound(NotFound):
    """No such notice within the asker's areas."""

    code: ClassVar[str] = "notice-not-found"


class CaseNotReady(Conflict):
    """The case is not at the step at which it is published."""

    code: ClassVar[str] = "case-not-at-notice"


class CaseElsewhere(Invalid):
    """The case belongs to another village: it is published in its own alone."""

    code: ClassVar[str] = "case-in-another-village"


class AlreadyPublished(Conflict):
    """The case is on another notice of this round: it is published once."""

    code: ClassVar[str] = "case-published-already"


class HeadMissing(Conflict):
    """The household has nobody as its head: the register is put right first."""

    code: ClassVar[str] = "notice-head-missing"


class NoticeNotDrafted(Conflict):
    """The notice was put up already, or was withdrawn."""

    code: ClassVar[str] = "notice-not-drafted"


class NoticeNotPosted(Conflict):
    """The notice does not hang: it was not put up, or it was taken down."""

    code: ClassVar[str] = "notice-not-posted"


class NoticeTooShort(Conflict):
    """It may not be taken down yet."""

    code: ClassVar[str] = "notice-too-short"


class NoticeToldLate(Invalid):
    """The day lies too far back to be believed; the notice is put up anew."""

    code: ClassVar[str] = "notice-told-late"


class NoticeExpired(Conflict):
    """Nobody proved in time that it had run."""

    code: ClassVar[str] = "notice-expired"


class DatesReversed(Invalid):
    """The end lies before the beginning."""

    code: ClassVar[str] = "notice-dates-reversed"


@dataclass(frozen=True, slots=True)
class NoticeRun:
    """When a notice hung, as two proofs show, and what was objected to one case on it."""

    started_on: date | None = None
    ended_on: date | None = None
    open_objections: int = 0
    upheld: int = 0

    def ran_days(self, on: date) -> int | None:
        """Whole days between beginning and end, the first not counted; None until both are proved."""
        if self.started_on is None or self.ended_on is None or self.ended_on > on:
            return None
        return (self.ended_on - self.started_on).days

    def lapsed(self, days: int) -> bool:
        """Whether its end was proved too late to be believed."""
        return (
            self.started_on is not None
            and self.ended_on is not None
            and self.ended_on > self.started_on + timedelta(days=days)
        )


def state_on(state: NoticeState, started_on: date | None, lapse_days: int, on: date) -> NoticeState:
    """A notice whose end nobody proved in time is `expired`, without anybody having to say so."""
    if state == "posted" and started_on is not None and on > started_on + timedelta(days=lapse_days):
        return "expired"
    return state


def require_told_in_time(day: date, today: date, most: int, field: str) -> None:
    """Raise for a day that is to come, or that lies further back than the policy lets one tell of it."""
    if day > today:
        raise DateInFuture(field=field)
    if (today - day).days > most:
        raise NoticeToldLate(field=field, days=most)


def require_run(started_on: date, ended_on: date, days: int) -> None:
    """Raise unless it ran its days."""
    if ended_on < started_on:
        raise DatesReversed(field="ended_on")
    if (ended_on - started_on).days < days:
        raise NoticeTooShort(field="ended_on", days=days, earliest=(started_on + timedelta(days=days)).isoformat())


@dataclass(frozen=True, slots=True)
class Line:
    """What the law lets be shown of a household: the head, the group, the class; nothing else is even asked for."""

    head: str
    group: str | None
    monitoring_class: str


def ordered(lines: Sequence[Line]) -> list[Line]:
    """By group, as people look for their own."""
    return sorted(lines, key=lambda line: (line.group is None, line.group or "", line.head))
