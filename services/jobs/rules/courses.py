"""Courses and enrolments as they are entered."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """What a course is; see the columns of `Course`."""

    kind: str
    trade: str
    title: str
    place: str
    venue: str
    seats: int
    starts_on: date
    ends_on: date
    level: str | None = None
    employer_id: UUID | None = None
    post_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Whom to enrol. `need_id`: the need it answers; `post_id`: the post that is kept for them (培训+转岗)."""

    person_id: UUID
    need_id: UUID | None = None
    post_id: UUID | None = None
