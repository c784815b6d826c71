"""Courses, as one county offers them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from services.jobs.models import Course, CourseState
from services.jobs.queries.employers import of_counties
from services.jobs.rules.post_refusals import CourseNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """What a list of courses shall hold; None does not filter. `place`: a prefix."""

    state: CourseState | None = CourseState.OPEN
    kind: str | None = None
    trade: str | None = None
    place: str | None = None
    venue: str | None = None
    employer_id: UUID | None = None
    ends_from: date | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal(
            (Course.state, self.state),
            (Course.kind, self.kind),
            (Course.trade, self.trade),
            (Course.venue, self.venue),
            (Course.employer_id, self.employer_id),
        )
        if self.place is not None:
            yield Course.place.startswith(self.place)
        if self.ends_from is not None:
            yield Course.ends_on >= self.ends_from


async def list_courses(
    session: ReadSession, scope: Scope, wanted: CourseFilter, before: UUID | None, limit: int
) -> Sequence[Course]:
    """Courses, newest first."""
    query = select(Course).where(of_counties(Course.county, scope), *wanted.conditions())
    return (await session.scalars(newest_first(query, Course.id, before=before, limit=limit))).all()


async def get_course(session: ReadSession, scope: Scope, course_id: UUID) -> Course:
    """One course; raises `CourseNotFound`."""
    query = select(Course).where(of_counties(Course.county, scope), Course.id == course_id)
    return existing((await session.scalars(query)).one_or_none(), CourseNotFound, "course_id")


async def lock_course(session: WriteSession, scope: Scope, course_id: UUID) -> Course:
    """One course that nobody else changes until commit; its seats are counted under this lock alone."""
    query = select(Course).where(of_counties(Course.county, scope), Course.id == course_id)
    query = query.with_for_update(key_share=True)
    return existing(
        (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none(),
        CourseNotFound,
        "course_id",
    )


async def lock_with_free_seats(session: WriteSession, limit: int) -> Sequence[Course]:
    """Open courses with a free seat and somebody waiting for it, held until the commit."""
    query = select(Course).where(Course.state == CourseState.OPEN, Course.waiting > 0, Course.seated < Course.seats)
    return (
        await session.scalars(query.order_by(Course.id).limit(limit).with_for_update(skip_locked=True, key_share=True))
    ).all()


async def lock_past(session: WriteSession, today: date, limit: int) -> Sequence[Course]:
    """Open courses whose last day is over, held until the commit."""
    query = select(Course).where(Course.state == CourseState.OPEN, Course.ends_on < today)
    return (
        await session.scalars(query.order_by(Course.id).limit(limit).with_for_update(skip_locked=True, key_share=True))
    ).all()
