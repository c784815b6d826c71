"""Enrolments (报名) and certificates (证书)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import AddCertificate, CompleteEnrolment, ReadEnrolment, WriteEnrolment
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.api.training_views import certificate_view, enrolment_views
from services.jobs.models import EnrolmentState
from services.jobs.queries import enrolments as find
from services.jobs.queries.enrolments import EnrolmentFilter, EnrolmentRow
from services.jobs.queries.people import get_person
from services.jobs.schemas import training as schemas
from services.jobs.usecases import enrolments as usecases
from shared.clock import utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/enrolments", tags=["Training · 培训"])
certificates = APIRouter(prefix="/v1/people", tags=["Training · 培训"])


@router.get("", summary="Enrolments · 报名列表")
async def list_enrolments(
    who: ReadEnrolment,
    db: Db,
    reader_of: ReaderOf,
    course: Annotated[UUID | None, Query(description="Of one course · 培训班")] = None,
    person: Annotated[UUID | None, Query(description="Of one person · 人员")] = None,
    state: Annotated[EnrolmentState | None, Query(description="状态")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.EnrolmentView]:
    """Enrolments within the caller's areas, oldest first: the order of the waiting list."""
    wanted = EnrolmentFilter(course, person, state)
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_enrolments(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await enrolment_views(session, who, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.enrolment.id) if last else None)


@router.get("/{enrolment_id}", response_model=schemas.EnrolmentView, summary="One enrolment · 报名详情")
async def get_enrolment(enrolment_id: UUID, who: ReadEnrolment, db: Db, reader_of: ReaderOf) -> Response:
    """With the days attended and what they pay."""
    async with db.read(who.scope) as session:
        row = await find.get_enrolment(session, who.scope, enrolment_id)
        return await _answer(session, who, row, reader_of(who))


@router.post("/{enrolment_id}/dropping", response_model=schemas.EnrolmentView, summary="Drop out · 退出培训")
async def drop_out(
    enrolment_id: UUID,
    draft: schemas.DropDraft,
    who: WriteEnrolment,
    db: Db,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """The seat goes to whoever waits longest; an opening that was kept is free."""
    async with db.write(who.scope) as session:
        row = await usecases.drop_out(session, who, enrolment_id, if_match, draft.reason, utc_now())
        return await _answer(session, who, row, reader_of(who))


@router.post("/{enrolment_id}/completion", response_model=schemas.EnrolmentView, summary="Completed · 结业")
async def complete(
    enrolment_id: UUID,
    draft: schemas.CompletionDraft,
    who: CompleteEnrolment,
    db: Db,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """After the last day. 409 `attended-too-seldom` below the share of days that the policy asks for."""
    issued_on = draft.certificate_issued_on
    async with db.write(who.scope) as session:
        row = await usecases.complete(session, who, enrolment_id, if_match, issued_on, utc_now())
        return await _answer(session, who, row, reader_of(who))


@router.post("/{enrolment_id}/failure", response_model=schemas.EnrolmentView, summary="Not completed · 未结业")
async def fail(
    enrolment_id: UUID, who: CompleteEnrolment, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """After the last day. An opening that was kept is free."""
    async with db.write(who.scope) as session:
        row = await usecases.fail(session, who, enrolment_id, if_match, utc_now())
        return await _answer(session, who, row, reader_of(who))


@certificates.get("/{person_id}/certificates", summary="Certificates · 持证情况")
async def list_certificates(
    person_id: UUID, who: ReadEnrolment, db: Db, reader_of: ReaderOf
) -> list[schemas.CertificateView]:
    """What somebody holds, the newest first."""
    async with db.read(who.scope) as session:
        await get_person(session, who.scope, person_id)
        found = await find.list_certificates(session, who.scope, {person_id})
    return [certificate_view(one, reader_of(who)) for one in found]


@certificates.post(
    "/{person_id}/certificates", status_code=201, response_model=schemas.CertificateView, summary="Enter one · 登记证书"
)
async def add_certificate(
    person_id: UUID,
    draft: schemas.CertificateDraft,
    who: AddCertificate,
    db: Db,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """One that somebody holds already; that of a course comes with its completion."""

    async def work(session: WriteSession) -> Response:
        one = await usecases.add_certificate(
            session, who, person_id, draft.trade, draft.level, draft.issued_on, utc_now()
        )
        return created(certificate_view(one, reader_of(who)), f"/jobs/v1/people/{person_id}/certificates")

    return await once(db, who, key, work)


async def _answer(session: ReadSession, who: Principal, row: EnrolmentRow, reader: Reader) -> Response:
    [view] = await enrolment_views(session, who, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.enrolment.version)})
