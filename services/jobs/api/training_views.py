"""Courses, enrolments and certificates as one reader sees them."""

from collections.abc import Sequence

from starlette.responses import Response

from services.jobs.api.reader import Reader
from services.jobs.models import Certificate, Course, CourseState, EnrolmentState
from services.jobs.queries.enrolments import EnrolmentRow, count_attended
from services.jobs.rules.training import Attended, allowance_due
from services.jobs.schemas.training import CertificateView, CourseView, EnrolmentView
from services.jobs.usecases.post_rules import get_training_rules
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.versions import etag
from shared.projections.areas import find_names_above
from shared.security.principals import Principal

NONE = Attended(0, 0)


def course_view(course: Course, reader: Reader) -> CourseView:
    """One course."""
    return CourseView(
        id=course.id,
        kind=reader.coded("course_kind", course.kind),
        trade=reader.coded("trade", course.trade),
        title=course.title,
        level=reader.coded("skill_level", course.level),
        place=course.place,
        venue=reader.coded("course_venue", course.venue),
        seats=course.seats,
        seated=course.seated,
        waiting=course.waiting,
        starts_on=course.starts_on,
        ends_on=course.ends_on,
        employer_id=course.employer_id,
        post_id=course.post_id,
        allowance=course.allowance,
        policy_id=course.policy_id,
        state=CourseState(course.state),
        changed_at=course.changed_at,
    )


def course_answer(course: Course, reader: Reader) -> Response:
    """One course with its version."""
    return json_answer(course_view(course, reader), headers={"ETag": etag(course.version)})


async def enrolment_views(
    session: ReadSession, who: Principal, rows: Sequence[EnrolmentRow], reader: Reader
) -> list[EnrolmentView]:
    """Enrolments with their people, and the days they came."""
    if not rows:
        return []
    names = await find_names_above(session, {row.enrolment.area_code for row in rows})
    attended = await count_attended(session, who.scope, {row.course.id for row in rows})
    now = utc_now()
    rules, _ = await get_training_rules(session, rows[0].course.county, now)
    return [
        EnrolmentView(
            id=one.id,
            course_id=course.id,
            course_title=course.title,
            person=reader.person(person, local_date(now)),
            area=reader.area(one.area_code, names),
            need_id=one.need_id,
            state=EnrolmentState(one.state),
            state_text=reader.code("enrolment_state", one.state),
            plan_post_id=one.plan_post_id,
            plan_state=one.plan_state,
            plan_until=one.plan_until,
            days_held=attended.get(one.id, NONE).held,
            days_present=attended.get(one.id, NONE).present,
            allowance=allowance_due(attended.get(one.id, NONE).present, course.allowance, rules),
            dropped_reason=reader.coded("drop_reason", one.dropped_reason),
            completed_on=one.completed_on,
            enrolled_at=one.enrolled_at,
            changed_at=one.changed_at,
        )
        for one, course, person in rows
    ]


def certificate_view(one: Certificate, reader: Reader) -> CertificateView:
    """One certificate."""
    return CertificateView(
        id=one.id,
        trade=reader.coded("trade", one.trade),
        level=reader.coded("skill_level", one.level),
        issued_on=one.issued_on,
        enrolment_id=one.enrolment_id,
    )
