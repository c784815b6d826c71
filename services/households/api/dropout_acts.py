"""What is done for a child who dropped out: visits, plans, lessons, legal steps, and the checks after a return."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api import dropout_views as views
from services.households.api.permits import AnswerStayCheck, EnterDropout, TakeLegalStep
from services.households.api.reader import Reader, ReaderOf
from services.households.queries import dropouts as find
from services.households.queries.dropouts import DropoutRow
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.schooling.legal import Document
from services.households.schemas import dropouts as schemas
from services.households.usecases.dropout_entries import Told, record_entry
from services.households.usecases.legal_steps import take_step
from services.households.usecases.stay_checks import Seen, answer_check
from shared.clock import local_date, utc_now
from shared.db.engine import Database, WriteSession
from shared.http.answers import created
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, RequestKey, once
from shared.http.versions import etag
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/dropout-cases/{case_id}", tags=["School dropouts · 控辍保学"])
Work = Callable[[WriteSession, DropoutRow, datetime], Awaitable[object]]


@router.post(
    "/persuasion-visits", status_code=201, response_model=schemas.DropoutView, summary="Persuasion visit · 登记劝返"
)
async def record_persuasion(
    case_id: UUID,
    draft: schemas.PersuasionDraft,
    who: EnterDropout,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Teacher and cadre together. The first visit after somebody went missing begins the persuasion."""
    place = draft.place
    words = {
        "teacher": draft.teacher,
        "cadre": draft.cadre,
        "with_whom": draft.with_whom,
        "place": place.text if place else None,
        "note": draft.note,
    }
    degrees = None
    if place is not None and place.latitude is not None and place.longitude is not None:
        degrees = (place.latitude, place.longitude)
    told = Told("visit", draft.at, words, result=draft.result, place=degrees)
    return await _act(db, who, key, case_id, reader_of(who), _entering(vault, who, told))


@router.post(
    "/plans", status_code=201, response_model=schemas.DropoutView, summary="One pupil, one plan · 制定一生一策"
)
async def record_plan(
    case_id: UUID,
    draft: schemas.PlanDraft,
    who: EnterDropout,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """The last plan counts; those before it stay on record."""
    told = Told("plan", draft.at, {"by": draft.by, "text": draft.text}, until=draft.until)
    return await _act(db, who, key, case_id, reader_of(who), _entering(vault, who, told))


@router.post("/lessons", status_code=201, response_model=schemas.DropoutView, summary="Lessons at home · 登记送教上门")
async def record_lessons(
    case_id: UUID,
    draft: schemas.LessonsDraft,
    who: EnterDropout,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """409 `not-taught-at-home` unless the case says so."""
    told = Told("lessons", draft.at, {"teacher": draft.teacher, "text": draft.text}, lessons=draft.lessons)
    return await _act(db, who, key, case_id, reader_of(who), _entering(vault, who, told))


@router.post("/legal-steps", status_code=201, response_model=schemas.DropoutView, summary="Legal step · 采取法律措施")
async def take_legal_step(
    case_id: UUID,
    draft: schemas.LegalStepDraft,
    who: TakeLegalStep,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Each step needs the former one, served long enough ago by the policy `schooling`, which also says who issues it.

    409 `legal-step-out-of-order`, `legal-step-too-early`, `legal-step-child-back`; 403 `legal-step-not-yours`.
    """

    async def work(session: WriteSession, row: DropoutRow, now: datetime) -> object:
        wanted = Document(draft.kind, DESK_LEVELS.get(who.role), draft.issued_on, draft.served_on)
        return await take_step(session, vault, who, row, wanted, draft.document_no, draft.proof, now)

    return await _act(db, who, key, case_id, reader_of(who), work)


@router.post(
    "/stay-checks/{check_id}/answer",
    status_code=201,
    response_model=schemas.DropoutView,
    summary="Answer a check · 答复返校稳定核查",
)
async def answer_stay_check(
    case_id: UUID,
    check_id: UUID,
    draft: schemas.StayAnswerDraft,
    who: AnswerStayCheck,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Present: the next check is planned; after the last one the case is over. Absent: dropped out again, at once.

    Its task is done by this, late or not. 409 `stay-check-too-early` before its day.
    """

    async def work(session: WriteSession, row: DropoutRow, now: datetime) -> object:
        seen = Seen(draft.present, draft.seen_on, draft.reason, draft.note)
        return await answer_check(session, vault, who, row, check_id, seen, now)

    return await _act(db, who, key, case_id, reader_of(who), work)


def _entering(vault: Vault, who: Principal, told: Told) -> Work:
    async def work(session: WriteSession, row: DropoutRow, now: datetime) -> object:
        return await record_entry(session, vault, who, row, told, now)

    return work


async def _act(
    db: Database, who: Principal, key: RequestKey | None, case_id: UUID, reader: Reader, work: Work
) -> Response:
    """Lock the case, do the work, answer with the case."""

    async def locked(session: WriteSession) -> Response:
        now = utc_now()
        row = await find.lock_case(session, who.scope, case_id)
        await work(session, row, now)
        view = await views.case_view(session, who.scope, row, reader, local_date(now))
        return created(view, f"{views.CASES}/{case_id}", {"ETag": etag(row.case.version)})

    return await once(db, who, key, locked)
