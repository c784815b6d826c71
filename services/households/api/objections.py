"""Objections (异议) to households on a notice."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.permits import AnswerObjection, ReadNotice, RecordObjection
from services.households.api.reader import Reader, ReaderOf
from services.households.models import Objection
from services.households.queries import notices as find
from services.households.schemas import notices as schemas
from services.households.usecases import objections as usecases
from services.households.usecases.objections import OBJECTION, REASON, Told
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1", tags=["Public notices · 公示"])


@router.get("/public-notices/{notice_id}/objections", summary="Objections · 异议列表")
async def list_objections(notice_id: UUID, who: ReadNotice, db: Db, reader_of: ReaderOf) -> list[schemas.ObjectionView]:
    """To what stands on a notice, oldest first."""
    async with db.read(who.scope) as session:
        await find.get_notice(session, who.scope, notice_id)
        found = await find.list_objections(session, who.scope, notice_id)
    return [_view(one, reader_of(who)) for one in found]


@router.post(
    "/public-notices/{notice_id}/objections",
    status_code=201,
    response_model=schemas.ObjectionView,
    summary="Record an objection · 登记异议",
)
async def receive_objection(
    notice_id: UUID,
    draft: schemas.ObjectionDraft,
    who: RecordObjection,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """From the day the notice hangs until the county has decided. Until it is answered the case does not go on."""

    async def work(session: WriteSession) -> Response:
        told = Told(draft.case_id, draft.by, draft.what, draft.received_on)
        objection = await usecases.receive_objection(session, vault, who, notice_id, told, utc_now())
        place = f"/households/v1/public-notices/{notice_id}/objections"
        return created(_view(objection, reader_of(who)), place, {"ETag": etag(objection.version)})

    return await once(db, who, key, work)


@router.post("/objections/{objection_id}/answer", response_model=schemas.ObjectionView, summary="Answer it · 答复异议")
async def answer_objection(
    objection_id: UUID,
    draft: schemas.ObjectionAnswerDraft,
    who: AnswerObjection,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Upheld, it sends the case back to be looked at again; then whoever may send it back answers."""
    async with db.write(who.scope) as session:
        found = await find.get_objection(session, who.scope, objection_id)
        expect_version(if_match, found.version)
        objection = await usecases.answer_objection(
            session, vault, who, objection_id, draft.decision, draft.reason, utc_now()
        )
        return json_answer(_view(objection, reader_of(who)), headers={"ETag": etag(objection.version)})


def _view(objection: Objection, reader: Reader) -> schemas.ObjectionView:
    words = (reader.record(objection.sealed, OBJECTION) or {}) if reader.sees_people else {}
    return schemas.ObjectionView(
        id=objection.id,
        notice_id=objection.notice_id,
        case_id=objection.case_id,
        by=words.get("by"),
        what=words.get("what"),
        received_on=objection.received_on,
        state=objection.state,
        state_text=reader.code("objection_state", objection.state),
        reason=reader.text(objection.reason_sealed, REASON),
        answered_on=objection.answered_on,
        answered_by=objection.answered_by,
        version=objection.version,
    )
