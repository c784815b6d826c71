"""Training: seats and the waiting list, attendance, what a course pays, and who counts as placed by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from services.jobs.rules.post_refusals import (
    AttendedTooSeldom,
    CourseOver,
    CourseRunning,
    NotSeated,
    SeatsBelow,
)
from shared.contracts.jobs_posts_policies import TrainingRules

VOCATIONAL = "vocational_school"
SEATED = frozenset({"enrolled", "completed", "failed"})
"""States of an enrolment that take a seat."""


@dataclass(frozen=True, slots=True)
class Attended:
    """Days on which the course was held for somebody, and on which they came."""

    held: int
    present: int


@dataclass(frozen=True, slots=True)
class CourseResult:
    """What came of a course. `placed`: of those who completed it, whoever started work in time after it."""

    seated: int
    waiting: int
    completed: int
    failed: int
    dropped: int
    placed: int
    allowance: Decimal  # yuan, for all days attended

    @property
    def placed_share(self) -> float | None:
        """Of those who completed; nothing while nobody has."""
        return self.placed / self.completed if self.completed else None


def require_open(state: str) -> None:
    """Raise when a course takes nobody any more."""
    if state != "open":
        raise CourseOver


def require_takes_place(state: str) -> None:
    """Raise for a course that was cancelled."""
    if state == "cancelled":
        raise CourseOver


def require_still_running(ends_on: date, today: date) -> None:
    """Raise when its last day is over."""
    if ends_on < today:
        raise CourseOver


def require_seats(seats: int, seated: int) -> None:
    """Raise when fewer seats are offered than are taken."""
    if seats < seated:
        raise SeatsBelow(field="seats", taken=seated)


def require_ended(ends_on: date, today: date) -> None:
    """Raise while the course goes on."""
    if today < ends_on:
        raise CourseRunning


def require_seated(state: str) -> None:
    """Raise for somebody on the waiting list."""
    if state == "waiting":
        raise NotSeated


def days_needed(held: int, rules: TrainingRules) -> int:
    """On how many of the days held somebody must have come. A product of floats may lie a hair above a whole number."""
    return ceil(rules.attendance_least * held - 1e-9)


def has_completed(attended: Attended, rules: TrainingRules) -> bool:
    """Whether somebody came often enough. Where no day was recorded, nobody can tell: no."""
    return attended.held > 0 and attended.present >= days_needed(attended.held, rules)


def require_completed(attended: Attended, rules: TrainingRules) -> None:
    """Raise unless somebody came often enough."""
    if not has_completed(attended, rules):
        raise AttendedTooSeldom(present=attended.present, needed=days_needed(attended.held, rules))


def allowance_due(present: int, a_day: Decimal, rules: TrainingRules) -> Decimal:
    """Yuan for the days attended, at most for `most_days` of them."""
    return a_day * min(present, rules.most_days)


def held_until(ends_on: date, rules: TrainingRules) -> date:
    """The last day on which an opening is kept for somebody who is in the course."""
    return ends_on + timedelta(days=rules.hold_days)


def coming_up(waiting: Sequence[object], seats: int, seated: int) -> int:
    """How many of the waiting list come up."""
    return max(0, min(len(waiting), seats - seated))
