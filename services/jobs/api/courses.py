"""Courses (培训班): lists, entry, change, attendance, and what came of them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import ReadCourse, ReadEnrolment, RecordAttendance, WriteCourse, WriteEnrolment
from services.jobs.api.reader import ReaderOf
from services.jobs.api.training_views import course_answer, course_view, enrolment_views
from services.jobs.models import CourseState
from services.jobs.queries import course_results
from services.jobs.queries import courses as find
from services.jobs.queries.course_results import Candidate
from services.jobs.queries.courses import CourseFilter
from services.jobs.rules.training import VOCATIONAL
from services.jobs.schemas import training as schemas
from services.jobs.schemas.fields import Trade
from services.jobs.schemas.training import CourseKind, Venue
from services.jobs.usecases import courses as usecases
from services.jobs.usecases.enrolments import enrol, record_attendance
from services.jobs.usecases.post_rules import get_training_rules
from services.jobs.usecases.school_leavers import list_leavers
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db
from shared.http.cursors import area_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag

router = APIRouter(prefix="/v1/courses", tags=["Training · 培训"])


@router.get("", summary="Courses · 培训班列表")
async def list_courses(
    who: ReadCourse,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[CourseState, Query(description="Open ones unless given · 状态")] = CourseState.OPEN,
    kind: Annotated[CourseKind | None, Query()] = None,
    trade: Annotated[Trade | None, Query()] = None,
    place: Annotated[str | None, Query(pattern="^[0-9]{2,12}$", description="Prefix · 培训地前缀")] = None,
    venue: Annotated[Venue | None, Query()] = None,
    employer: Annotated[UUID | None, Query(description="Order-based for one employer · 订单企业")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.CourseView]:
    """Courses of the caller's county, newest first."""
    wanted = CourseFilter(state, kind, trade, place, venue, employer)
    async with db.read(who.scope) as session:
        rows = await find.list_courses(session, who.scope, wanted, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    items = [course_view(one, reader_of(who)) for one in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post("", status_code=201, response_model=schemas.CourseView, summary="Offer one · 开设培训班")
async def add_course(
    draft: schemas.CourseDraft, who: WriteCourse, db: Db, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """What a day of attendance pays is the policy's (`training-rules`) of today, nobody types it."""

    async def work(session: WriteSession) -> Response:
        course = await usecases.add_course(session, who, draft.facts(), utc_now())
        view = course_view(course, reader_of(who))
        return created(view, f"/jobs/v1/courses/{course.id}", {"ETag": etag(course.version)})

    return await once(db, who, key, work)


@router.get("/{course_id}", response_model=schemas.CourseView, summary="One course · 培训班详情")
async def get_course(course_id: UUID, who: ReadCourse, db: Db, reader_of: ReaderOf) -> Response:
    """With its seats and how many wait."""
    async with db.read(who.scope) as session:
        return course_answer(await find.get_course(session, who.scope, course_id), reader_of(who))


@router.put("/{course_id}", response_model=schemas.CourseView, summary="Change it · 变更培训班")
async def change_course(
    course_id: UUID, draft: schemas.CourseDraft, who: WriteCourse, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """All facts anew. Further seats go to the waiting list in its order, within a minute."""
    async with db.write(who.scope) as session:
        course = await usecases.change_course(session, who, course_id, if_match, draft.facts(), utc_now())
        return course_answer(course, reader_of(who))


@router.post("/{course_id}/cancellation", response_model=schemas.CourseView, summary="Cancel · 取消培训班")
async def cancel_course(
    course_id: UUID, who: WriteCourse, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """Everybody is out within a minute, and openings that were kept are free."""
    async with db.write(who.scope) as session:
        course = await usecases.cancel_course(session, who, course_id, if_match, utc_now())
        return course_answer(course, reader_of(who))


@router.get("/{course_id}/result", summary="What came of it · 培训成效")
async def get_course_result(course_id: UUID, who: ReadEnrolment, db: Db) -> schemas.CourseResultView:
    """Counted from the people within the caller's areas; a total typed by hand has no place here."""
    async with db.read(who.scope) as session:
        course = await find.get_course(session, who.scope, course_id)
        rules, _ = await get_training_rules(session, course.county, utc_now())
        found = await course_results.count_result(session, who.scope, course, rules)
    return schemas.CourseResultView(
        seated=found.seated,
        waiting=found.waiting,
        completed=found.completed,
        failed=found.failed,
        dropped=found.dropped,
        placed=found.placed,
        placed_share=found.placed_share,
        allowance=found.allowance,
    )


@router.get("/{course_id}/candidates", summary="Who might go · 可报名人员")
async def list_candidates(
    course_id: UUID,
    who: ReadEnrolment,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.CandidateView]:
    """People with an open need for training or for work in the trade; for a vocational school the school leavers
    (两后生), as the priority list `two-after-students` has them. Whoever is in an open course is not among them.
    """
    today, reader = local_date(utc_now()), reader_of(who)
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        course = await find.get_course(session, who.scope, course_id)
        if course.kind == VOCATIONAL:
            leavers = await list_leavers(session, scope, today, area_cursor(after), limit + 1)
            rows: Sequence[Candidate] = [Candidate(one, None) for one in leavers]
        else:
            rows = await course_results.list_wanting(session, scope, course, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    items = [schemas.CandidateView(person=reader.person(one.person, today), need_id=one.need_id) for one in page]
    return Page(items=items, next=_after(last) if last else None)


@router.post("/{course_id}/enrolments", status_code=201, response_model=schemas.EnrolmentView, summary="Enrol · 报名")
async def enrol_person(
    course_id: UUID,
    draft: schemas.EntryDraft,
    who: WriteEnrolment,
    db: Db,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """A seat, or the end of the waiting list. With `post_id` an opening is kept until some days after the course."""

    async def work(session: WriteSession) -> Response:
        row = await enrol(session, who, course_id, draft.entry(), utc_now())
        [view] = await enrolment_views(session, who, [row], reader_of(who))
        return created(view, f"/jobs/v1/enrolments/{view.id}", {"ETag": etag(row.enrolment.version)})

    return await once(db, who, key, work)


@router.post("/{course_id}/attendance", response_model=schemas.AttendanceReport, summary="Who came · 登记出勤")
async def take_attendance(course_id: UUID, draft: schemas.AttendanceDraft, who: RecordAttendance, db: Db) -> Response:
    """One day for many people at once; the same day again corrects it."""
    came = {mark.enrolment_id: mark.present for mark in draft.marks}
    async with db.write(who.scope) as session:
        recorded = await record_attendance(session, who, course_id, draft.day, came, utc_now())
    return json_answer(schemas.AttendanceReport(recorded=recorded))


def _after(last: Candidate) -> str:
    """Needs are listed by their ids, school leavers by village and id."""
    if last.need_id is not None:
        return encode_cursor(last.need_id)
    return encode_cursor(last.person.area_code, last.person.id)
