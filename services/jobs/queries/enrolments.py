"""Enrolments in courses, attendance, certificates; everything of people within the asker's areas."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, distinct, func, select
from sqlalchemy.dialects.postgresql import insert

from services.jobs.models import (
    Attendance,
    Certificate,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Person,
    PlanState,
)
from services.jobs.rules.post_refusals import EnrolmentNotFound
from services.jobs.rules.training import Attended
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing


class EnrolmentRow(NamedTuple):
    """An enrolment with its course and whose it is."""

    enrolment: Enrolment
    course: Course
    person: Person


@dataclass(frozen=True, slots=True)
class EnrolmentFilter:
    """What a list shall hold; None does not filter."""

    course_id: UUID | None = None
    person_id: UUID | None = None
    state: EnrolmentState | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        return equal(
            (Enrolment.course_id, self.course_id), (Enrolment.person_id, self.person_id), (Enrolment.state, self.state)
        )


def _rows(scope: Scope) -> Select[Enrolment, Course, Person]:
    query = select(Enrolment, Course, Person).join(Course, Course.id == Enrolment.course_id)
    return query.join(Person, Person.id == Enrolment.person_id).where(within(Enrolment.area_code, scope))


async def list_enrolments(
    session: ReadSession, scope: Scope, wanted: EnrolmentFilter, after: UUID | None, limit: int
) -> Sequence[EnrolmentRow]:
    """Enrolments in their order, which is that of the waiting list."""
    query = in_order(_rows(scope).where(*wanted.conditions()), Enrolment.id, after=after, limit=limit)
    return [EnrolmentRow(*row) for row in await session.execute(query)]


async def get_enrolment(session: ReadSession, scope: Scope, enrolment_id: UUID) -> EnrolmentRow:
    """One enrolment; raises `EnrolmentNotFound`."""
    row = (await session.execute(_rows(scope).where(Enrolment.id == enrolment_id))).one_or_none()
    return EnrolmentRow(*existing(row, EnrolmentNotFound))


async def lock_enrolment(session: WriteSession, scope: Scope, enrolment_id: UUID) -> EnrolmentRow:
    """One enrolment that nobody else changes until commit. Lock its course first, where seats are counted."""
    query = _rows(scope).where(Enrolment.id == enrolment_id).with_for_update(of=Enrolment, key_share=True)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    return EnrolmentRow(*existing(row, EnrolmentNotFound))


async def find_live(session: ReadSession, course_id: UUID, person_id: UUID) -> Enrolment | None:
    """The person's enrolment in the course, unless it was dropped."""
    query = select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.person_id == person_id)
    return (await session.scalars(query.where(Enrolment.state != EnrolmentState.DROPPED))).one_or_none()


async def lock_waiting(session: WriteSession, course_id: UUID, limit: int) -> Sequence[Enrolment]:
    """The first of the waiting list, held until the commit."""
    query = select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.state == EnrolmentState.WAITING)
    return (await session.scalars(query.order_by(Enrolment.id).limit(limit).with_for_update(key_share=True))).all()


async def lock_of_course(
    session: WriteSession, scope: Scope, course_id: UUID, states: Collection[EnrolmentState]
) -> Sequence[EnrolmentRow]:
    """Enrolments of a course in these states, held until the commit."""
    query = _rows(scope).where(Enrolment.course_id == course_id, Enrolment.state.in_(list(states)))
    rows = await session.execute(query.order_by(Enrolment.id).with_for_update(of=Enrolment, key_share=True))
    return [EnrolmentRow(*row) for row in rows]


async def lock_named(
    session: WriteSession, scope: Scope, course_id: UUID, enrolment_ids: Collection[UUID]
) -> Sequence[EnrolmentRow]:
    """These enrolments of a course, held until the commit; raises `EnrolmentNotFound` when one of them is none."""
    query = _rows(scope).where(Enrolment.course_id == course_id, Enrolment.id.in_(set(enrolment_ids)))
    rows = await session.execute(query.order_by(Enrolment.id).with_for_update(of=Enrolment, key_share=True))
    found = [EnrolmentRow(*row) for row in rows]
    if len(found) < len(set(enrolment_ids)):
        raise EnrolmentNotFound
    return found


async def lock_left_over(session: WriteSession, limit: int) -> Sequence[tuple[Enrolment, str]]:
    """Live enrolments in cancelled courses and waiting ones in ended courses, of all areas, with the course's state."""
    live = Enrolment.state.in_([EnrolmentState.WAITING, EnrolmentState.ENROLLED])
    over = (Course.state == CourseState.CANCELLED) & live | (
        (Course.state == CourseState.ENDED) & (Enrolment.state == EnrolmentState.WAITING)
    )
    query = select(Enrolment, Course.state).join(Course, Course.id == Enrolment.course_id).where(over)
    rows = await session.execute(
        query.order_by(Enrolment.id).limit(limit).with_for_update(of=Enrolment, key_share=True, skip_locked=True)
    )
    return [(enrolment, state) for enrolment, state in rows]


async def lock_held_of(session: WriteSession, person_id: UUID, post_id: UUID) -> Enrolment | None:
    """The enrolment by which an opening of the post is kept for the person."""
    query = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.plan_post_id == post_id)
    query = query.where(Enrolment.plan_state == PlanState.HELD).order_by(Enrolment.id).limit(1)
    return (await session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def lock_overdue_plans(session: WriteSession, today: date, limit: int) -> Sequence[Enrolment]:
    """Enrolments whose opening is kept no longer."""
    query = select(Enrolment).where(Enrolment.plan_state == PlanState.HELD, Enrolment.plan_until < today)
    return (
        await session.scalars(
            query.order_by(Enrolment.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
        )
    ).all()


async def count_attended(session: ReadSession, scope: Scope, course_ids: Collection[UUID]) -> dict[UUID, Attended]:
    """Days held and attended, by enrolment. A day was held for somebody when anybody told whether they came."""
    if not course_ids:
        return {}
    held = func.count(distinct(Attendance.day))
    present = func.count().filter(Attendance.present)
    query = select(Attendance.enrolment_id, held, present).join(Enrolment, Enrolment.id == Attendance.enrolment_id)
    query = query.where(Enrolment.course_id.in_(set(course_ids)), within(Enrolment.area_code, scope))
    rows = await session.execute(query.group_by(Attendance.enrolment_id))
    return {enrolment_id: Attended(days, came) for enrolment_id, days, came in rows}


async def write_attendance(session: WriteSession, rows: Sequence[dict[str, object]]) -> None:
    """Who came; the same day again is corrected."""
    query = insert(Attendance).values(list(rows))
    changed = {name: query.excluded[name] for name in ("present", "recorded_by", "recorded_at")}
    await session.execute(query.on_conflict_do_update(index_elements=["enrolment_id", "day"], set_=changed))


async def list_certificates(session: ReadSession, scope: Scope, person_ids: Collection[UUID]) -> Sequence[Certificate]:
    """What these people hold, the newest first."""
    query = select(Certificate).where(within(Certificate.area_code, scope), Certificate.person_id.in_(set(person_ids)))
    return (await session.scalars(query.order_by(Certificate.issued_on.desc(), Certificate.id))).all()


async def find_certificate(session: ReadSession, person_id: UUID, trade: str, level: str | None) -> Certificate | None:
    """That certificate of the person."""
    same = Certificate.level.is_(None) if level is None else Certificate.level == level
    query = select(Certificate).where(Certificate.person_id == person_id, Certificate.trade == trade, same)
    return (await session.scalars(query)).one_or_none()
