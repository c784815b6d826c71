"""Enrolments: people go to a course or onto its waiting list, drop out, come or stay away, and complete it."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from services.jobs.events import training_completed
from services.jobs.models import Certificate, Course, Enrolment, EnrolmentState, NeedState, Person
from services.jobs.queries import enrolments as find
from services.jobs.queries import needs, people
from services.jobs.queries.courses import lock_course
from services.jobs.queries.enrolments import EnrolmentRow
from services.jobs.rules import training
from services.jobs.rules.ages import is_minor
from services.jobs.rules.courses import Entry
from services.jobs.rules.post_refusals import (
    AttendanceDay,
    CertificateKnown,
    EnrolledAlready,
    EnrolmentOver,
)
from services.jobs.rules.refusals import NeedClosed, NeedNotFound, PersonGone, PersonTooYoung
from services.jobs.usecases.plans import Plan, drop_plans, hold_opening
from services.jobs.usecases.post_rules import get_training_rules
from services.jobs.usecases.school_leavers import require_school_leaver
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.errors import DateInFuture
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal

LIVE = frozenset({EnrolmentState.WAITING, EnrolmentState.ENROLLED})


async def enrol(session: WriteSession, who: Principal, course_id: UUID, entry: Entry, now: datetime) -> EnrolmentRow:
    """A seat where one is free and nobody waits, else the end of the waiting list. The course is locked meanwhile.

    Raises `CourseOver`, `EnrolledAlready`, `NoSchoolLeaver`, `PersonTooYoung`, `PersonGone`, `NeedNotFound`, `NeedClosed`,
    and for the post `PostClosed`, `PostFilled`, `PostBarred`.
    """
    course = await lock_course(session, who.scope, course_id)
    training.require_open(course.state)
    training.require_still_running(course.ends_on, local_date(now))
    rules, _ = await get_training_rules(session, course.county, now)
    person = await people.lock_person(session, who.scope, entry.person_id)
    await _require_may_learn(session, course, person, local_date(now))
    if await find.find_live(session, course_id, person.id) is not None:
        raise EnrolledAlready(field="person_id")
    await _require_need(session, who, entry)
    enrolment = _enrolment(course, person, entry, who, now)
    if entry.post_id is not None:
        plan = Plan(entry.post_id, course.ends_on, training.held_until(course.ends_on, rules))
        await hold_opening(session, who.scope, enrolment, person, plan, now)
    session.add(enrolment)
    course.changed_at = now
    await session.flush()
    await audit.record(
        session,
        who,
        "enrolment:write",
        enrolment.id,
        area_code=person.area_code,
        course=course_id,
        state=enrolment.state,
    )
    return EnrolmentRow(enrolment, course, person)


async def drop_out(
    session: WriteSession, who: Principal, enrolment_id: UUID, if_match: str | None, reason: str, now: datetime
) -> EnrolmentRow:
    """Out, or off the waiting list. The seat goes to whoever waits longest. Raises `EnrolmentOver`, `Stale`."""
    row = await _lock_live(session, who, enrolment_id, if_match)
    if row.enrolment.state == EnrolmentState.WAITING:
        row.course.waiting -= 1
    else:
        row.course.seated -= 1
    _move(row.enrolment, EnrolmentState.DROPPED, now)
    row.enrolment.dropped_reason = reason
    await drop_plans(session, [row.enrolment], now)
    await session.flush()
    await audit.record(session, who, "enrolment:drop", enrolment_id, area_code=row.enrolment.area_code, reason=reason)
    return row


async def record_attendance(
    session: WriteSession, who: Principal, course_id: UUID, day: date, came: Mapping[UUID, bool], now: datetime
) -> int:
    """Who came on one day, by enrolment; the same day again corrects it. How many were recorded.

    Raises `EnrolmentNotFound` for one who is not of the course or not in sight, `NotSeated`, `AttendanceDay`.
    """
    course = await lock_course(session, who.scope, course_id)
    training.require_takes_place(course.state)
    if not course.starts_on <= day <= min(course.ends_on, local_date(now)):
        raise AttendanceDay(field="day")
    rows = await find.lock_named(session, who.scope, course_id, came)
    for row in rows:
        training.require_seated(row.enrolment.state)
        if row.enrolment.state != EnrolmentState.ENROLLED:
            raise EnrolmentOver
    if rows:
        await find.write_attendance(session, [_attendance(row, day, came, who, now) for row in rows])
        await audit.record(
            session, who, "attendance:record", course_id, area_code=course.county, day=day, count=len(rows)
        )
    return len(rows)


async def complete(
    session: WriteSession,
    who: Principal,
    enrolment_id: UUID,
    if_match: str | None,
    issued_on: date | None,
    now: datetime,
) -> EnrolmentRow:
    """Somebody has finished the course, with a certificate or without. Others hear of it.

    Raises `AttendedTooSeldom`, `CourseRunning`, `NotSeated`, `EnrolmentOver`, `CertificateKnown`, `DateInFuture`, `Stale`.
    """
    row = await _lock_live(session, who, enrolment_id, if_match)
    enrolment, course, person = row
    today = local_date(now)
    training.require_seated(enrolment.state)
    training.require_ended(course.ends_on, today)
    rules, _ = await get_training_rules(session, course.county, now)
    attended = await find.count_attended(session, who.scope, {course.id})
    training.require_completed(attended.get(enrolment.id, training.Attended(0, 0)), rules)
    if issued_on is not None:
        await _certify(session, who, row, issued_on, now)
    _move(enrolment, EnrolmentState.COMPLETED, now)
    enrolment.completed_on = course.ends_on
    await session.flush()
    need_ref = await _need_ref(session, who, enrolment)
    with_paper = issued_on is not None
    await emit(session, training_completed(enrolment, course, person, now, need_ref=need_ref, certificate=with_paper))
    await audit.record(
        session, who, "enrolment:complete", enrolment_id, area_code=person.area_code, certificate=with_paper
    )
    return row


async def fail(
    session: WriteSession, who: Principal, enrolment_id: UUID, if_match: str | None, now: datetime
) -> EnrolmentRow:
    """The course is over, and somebody has not completed it. An opening that was kept is free. Raises as `complete`."""
    row = await _lock_live(session, who, enrolment_id, if_match)
    training.require_seated(row.enrolment.state)
    training.require_ended(row.course.ends_on, local_date(now))
    _move(row.enrolment, EnrolmentState.FAILED, now)
    await drop_plans(session, [row.enrolment], now)
    await session.flush()
    await audit.record(session, who, "enrolment:fail", enrolment_id, area_code=row.enrolment.area_code)
    return row


async def add_certificate(
    session: WriteSession,
    who: Principal,
    person_id: UUID,
    trade: str,
    level: str | None,
    issued_on: date,
    now: datetime,
) -> Certificate:
    """One that somebody holds already. Raises `PersonNotFound`, `CertificateKnown`, `DateInFuture`."""
    person = await people.lock_person(session, who.scope, person_id)
    certificate = await _issue(session, who, person, trade, level, issued_on, now)
    await session.flush()
    await audit.record(session, who, "certificate:add", certificate.id, area_code=person.area_code, trade=trade)
    return certificate


async def _certify(session: WriteSession, who: Principal, row: EnrolmentRow, issued_on: date, now: datetime) -> None:
    certificate = await _issue(session, who, row.person, row.course.trade, row.course.level, issued_on, now)
    certificate.enrolment_id = row.enrolment.id


async def _issue(
    session: WriteSession, who: Principal, person: Person, trade: str, level: str | None, issued_on: date, now: datetime
) -> Certificate:
    if issued_on > local_date(now):
        raise DateInFuture(field="issued_on")
    if await find.find_certificate(session, person.id, trade, level) is not None:
        raise CertificateKnown
    certificate = Certificate(
        id=new_id(),
        person_id=person.id,
        area_code=person.area_code,
        trade=trade,
        level=level,
        issued_on=issued_on,
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(certificate)
    return certificate


async def _need_ref(session: WriteSession, who: Principal, enrolment: Enrolment) -> str | None:
    """What the case that asked for it calls the need; needs of other sources are nobody's business."""
    if enrolment.need_id is None:
        return None
    need = (await needs.get_need(session, who.scope, enrolment.need_id)).need
    return need.source_ref if need.source == "case" else None


async def _require_need(session: WriteSession, who: Principal, entry: Entry) -> None:
    if entry.need_id is None:
        return
    need = (await needs.get_need(session, who.scope, entry.need_id)).need
    if need.person_id != entry.person_id:
        raise NeedNotFound(field="need_id")
    if need.state != NeedState.OPEN:
        raise NeedClosed


async def _require_may_learn(session: WriteSession, course: Course, person: Person, today: date) -> None:
    """A vocational school takes school leavers alone by this road, and of them those under 16 too."""
    if not person.active:
        raise PersonGone
    if course.kind == training.VOCATIONAL:
        await require_school_leaver(session, person, today)
    elif is_minor(person.birth_on, today):
        raise PersonTooYoung(field="person_id")


def _enrolment(course: Course, person: Person, entry: Entry, who: Principal, now: datetime) -> Enrolment:
    """Counts the seat or the place in the waiting list as well."""
    seat = course.seated < course.seats and course.waiting == 0
    if seat:
        course.seated += 1
    else:
        course.waiting += 1
    return Enrolment(
        id=new_id(),
        course_id=course.id,
        person_id=person.id,
        area_code=person.area_code,
        need_id=entry.need_id,
        state=EnrolmentState.ENROLLED if seat else EnrolmentState.WAITING,
        version=1,
        enrolled_by=who.id,
        enrolled_at=now,
        changed_at=now,
    )


def _attendance(
    row: EnrolmentRow, day: date, came: Mapping[UUID, bool], who: Principal, now: datetime
) -> dict[str, object]:
    return {
        "enrolment_id": row.enrolment.id,
        "day": day,
        "area_code": row.enrolment.area_code,
        "present": came[row.enrolment.id],
        "recorded_by": who.id,
        "recorded_at": now,
    }


async def _lock_live(session: WriteSession, who: Principal, enrolment_id: UUID, if_match: str | None) -> EnrolmentRow:
    """The course first, as whoever enrols somebody does, then the enrolment."""
    known = await find.get_enrolment(session, who.scope, enrolment_id)
    await lock_course(session, who.scope, known.course.id)
    row = await find.lock_enrolment(session, who.scope, enrolment_id)
    expect_version(if_match, row.enrolment.version)
    training.require_takes_place(row.course.state)
    if row.enrolment.state not in LIVE:
        raise EnrolmentOver
    return row


def _move(enrolment: Enrolment, state: EnrolmentState, now: datetime) -> None:
    enrolment.state = state
    enrolment.version += 1
    enrolment.changed_at = now
