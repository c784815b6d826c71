"""Courses: entered, changed, cancelled; seats that come free go to the waiting list."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.jobs.models import Course, CourseState, Enrolment, EnrolmentState
from services.jobs.queries import courses as find
from services.jobs.queries import enrolments
from services.jobs.queries.employers import get_employer
from services.jobs.queries.posts import get_post
from services.jobs.rules.courses import CourseFacts
from services.jobs.rules.post_refusals import CoursePostElsewhere
from services.jobs.rules.posts import county_of
from services.jobs.rules.training import coming_up, held_until, require_open, require_seats
from services.jobs.usecases.plans import drop_plans
from services.jobs.usecases.post_rules import get_training_rules, require_keeper
from services.jobs.usecases.posts import require_welcome
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal

BATCH = 100


async def add_course(session: WriteSession, who: Principal, facts: CourseFacts, now: datetime) -> Course:
    """Offer one. What a day pays is the policy's of today. Raises `PostNotFound`, `CoursePostElsewhere`."""
    county = county_of(who.scope)
    await require_keeper(session, who, county, now)
    await _require_order(session, who, facts)
    rules, policy_id = await get_training_rules(session, county, now)
    course = Course(
        id=new_id(),
        county=county,
        seated=0,
        waiting=0,
        allowance=rules.allowance,
        policy_id=policy_id,
        state=CourseState.OPEN,
        version=1,
        recorded_by=who.id,
        recorded_at=now,
        changed_at=now,
        **_columns(facts),
    )
    session.add(course)
    await session.flush()
    await audit.record(session, who, "course:write", course.id, area_code=county)
    return course


async def change_course(
    session: WriteSession, who: Principal, course_id: UUID, if_match: str | None, facts: CourseFacts, now: datetime
) -> Course:
    """All facts anew; further seats go to the waiting list in its order. Raises `SeatsBelow`, `CourseOver`, `Stale`."""
    course = await find.lock_course(session, who.scope, course_id)
    await require_keeper(session, who, course.county, now)
    expect_version(if_match, course.version)
    require_open(course.state)
    require_seats(facts.seats, course.seated)
    await _require_order(session, who, facts)
    rules, _ = await get_training_rules(session, course.county, now)
    if facts.ends_on != course.ends_on:
        await _keep_openings_until(session, who, course, held_until(facts.ends_on, rules))
    for name, value in _columns(facts).items():
        setattr(course, name, value)
    _touch(course, now)
    await session.flush()
    await audit.record(session, who, "course:write", course_id, area_code=course.county)
    return course


async def cancel_course(
    session: WriteSession, who: Principal, course_id: UUID, if_match: str | None, now: datetime
) -> Course:
    """It does not take place: everybody is out, and openings that were kept are free. Raises `CourseOver`, `Stale`."""
    course = await find.lock_course(session, who.scope, course_id)
    await require_keeper(session, who, course.county, now)
    expect_version(if_match, course.version)
    require_open(course.state)
    course.state = CourseState.CANCELLED
    course.seated = course.waiting = 0
    _touch(course, now)
    await session.flush()
    await audit.record(session, who, "course:cancel", course_id, area_code=course.county)
    return course


async def end_past(session: WriteSession, now: datetime) -> int:
    """End courses whose last day is over, one batch; how many."""
    past = await find.lock_past(session, local_date(now), BATCH)
    for course in past:
        course.state, course.waiting = CourseState.ENDED, 0
        _touch(course, now)
    await session.flush()
    return len(past)


async def drop_left_over(session: WriteSession, now: datetime) -> int:
    """Take people out of cancelled courses and off the waiting lists of ended ones, one batch; how many.

    Whoever cancels a course may not see them all, so this is work beside the requests.
    """
    left = await enrolments.lock_left_over(session, BATCH)
    await drop_plans(session, [enrolment for enrolment, _ in left], now)
    for enrolment, state in left:
        enrolment.state = EnrolmentState.DROPPED
        enrolment.dropped_reason = "cancelled" if state == CourseState.CANCELLED else "no_seat"
        enrolment.version += 1
        enrolment.changed_at = now
    await session.flush()
    return len(left)


async def seat_waiting(session: WriteSession, now: datetime) -> int:
    """Give free seats to those who waited longest, one batch of courses; how many people came up."""
    came = 0
    for course in await find.lock_with_free_seats(session, BATCH):
        waiting = await enrolments.lock_waiting(session, course.id, course.seats - course.seated)
        number = coming_up(waiting, course.seats, course.seated)
        for enrolment in waiting[:number]:
            _seat(enrolment, now)
        course.seated += number
        course.waiting -= number
        _touch(course, now)
        came += number
    await session.flush()
    return came


def _seat(enrolment: Enrolment, now: datetime) -> None:
    enrolment.state = EnrolmentState.ENROLLED
    enrolment.version += 1
    enrolment.changed_at = now


def _touch(course: Course, now: datetime) -> None:
    course.version += 1
    course.changed_at = now


def _columns(facts: CourseFacts) -> Mapping[str, Any]:
    return asdict(facts)


async def _keep_openings_until(session: WriteSession, who: Principal, course: Course, until: date) -> None:
    rows = await enrolments.lock_of_course(
        session, who.scope, course.id, (EnrolmentState.WAITING, EnrolmentState.ENROLLED)
    )
    for row in rows:
        if row.enrolment.plan_state == "held":
            row.enrolment.plan_until = until


async def _require_order(session: WriteSession, who: Principal, facts: CourseFacts) -> None:
    """An order-based course names its employer, and a post of that employer if it has one already."""
    if facts.employer_id is not None:
        require_welcome(await get_employer(session, who.scope, facts.employer_id))
    if facts.post_id is not None:
        row = await get_post(session, who.scope, facts.post_id)
        require_welcome(row.employer)
        if facts.employer_id is not None and row.employer.id != facts.employer_id:
            raise CoursePostElsewhere(field="post_id")
