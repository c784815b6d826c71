"""What came of a course, counted from its enrolments, and who might go to one."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists, func, literal, select

from services.jobs.models import (
    Attendance,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    LabourRow,
    NeedState,
    Person,
    WorkNeed,
)
from services.jobs.rules.months import month_of, move
from services.jobs.rules.training import SEATED, CourseResult, allowance_due
from shared.areas import Scope
from shared.contracts.jobs_posts_policies import TrainingRules
from shared.db.engine import ReadSession
from shared.db.pages import in_order
from shared.db.within import within


class Candidate(NamedTuple):
    """Somebody who might go to a course, and the need that says so."""

    person: Person
    need_id: UUID | None


async def count_result(session: ReadSession, scope: Scope, course: Course, rules: TrainingRules) -> CourseResult:
    """Of the people in the asker's areas. Placed is whoever completed and began work within the days of the policy.

    Work is told by the ledger, in which each arrival of a placement is written too.
    """
    within_scope = (Enrolment.course_id == course.id, within(Enrolment.area_code, scope))
    states = select(Enrolment.state, func.count()).where(*within_scope).group_by(Enrolment.state)
    numbers: dict[str, int] = {str(state): number for state, number in await session.execute(states)}
    present = select(func.count()).select_from(Attendance).join(Enrolment, Enrolment.id == Attendance.enrolment_id)
    came = await session.scalars(present.where(*within_scope, Attendance.present).group_by(Enrolment.id))
    last = course.ends_on + timedelta(days=rules.placed_within_days)
    began = exists().where(
        LabourRow.person_id == Enrolment.person_id,
        LabourRow.month.between(month_of(course.ends_on), move(month_of(last), 1)),
        LabourRow.started_on.between(course.ends_on, last),
    )
    placed = select(func.count()).select_from(Enrolment)
    placed = placed.where(*within_scope, Enrolment.state == EnrolmentState.COMPLETED, began)
    return CourseResult(
        seated=sum(numbers.get(state, 0) for state in SEATED),
        waiting=numbers.get("waiting", 0),
        completed=numbers.get("completed", 0),
        failed=numbers.get("failed", 0),
        dropped=numbers.get("dropped", 0),
        placed=await session.scalar(placed) or 0,
        allowance=sum((allowance_due(days, course.allowance, rules) for days in came), course.allowance * 0),
    )


async def list_wanting(
    session: ReadSession, scope: Scope, course: Course, after: UUID | None, limit: int
) -> Sequence[Candidate]:
    """People with an open need for training, or for work in the course's trade, who are in no open course; oldest first."""
    wants = (literal("training") == any_(WorkNeed.services)) | (literal(course.trade) == any_(WorkNeed.wanted_trades))
    query = select(Person, WorkNeed.id).join(WorkNeed, WorkNeed.person_id == Person.id)
    query = query.where(within(WorkNeed.area_code, scope), WorkNeed.state == NeedState.OPEN, wants, Person.active)
    query = in_order(query.where(~_learns()), WorkNeed.id, after=after, limit=limit)
    return [Candidate(*row) for row in await session.execute(query)]


async def find_learning(session: ReadSession, people: Collection[UUID]) -> set[UUID]:
    """Who of these people is in an open course, or waits for one."""
    return set(await session.scalars(select(Person.id).where(Person.id.in_(people), _learns())))


def _learns() -> ColumnElement[bool]:
    live = Enrolment.state.in_([EnrolmentState.WAITING, EnrolmentState.ENROLLED])
    return exists().where(
        Enrolment.person_id == Person.id, live, Course.id == Enrolment.course_id, Course.state == CourseState.OPEN
    )
