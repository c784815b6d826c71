"""Calls after an arrival (在岗回访). The tasks stand on the villages' desks: `GET /jobs/v1/tasks?kind=stay_check`."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.jobs.api import placement_views as views
from services.jobs.api.permits import AnswerCall, ReadPlacement
from services.jobs.api.reader import ReaderOf
from services.jobs.queries import placements as find
from services.jobs.schemas import placements as schemas
from services.jobs.usecases import stay_checks as usecases
from services.jobs.usecases.stay_checks import Answer
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import etag

router = APIRouter(prefix="/v1/stay-checks", tags=["Placements · 介绍安置"])


@router.get("/{check_id}", response_model=schemas.StayCheckView, summary="One call · 回访详情")
async def get_stay_check(check_id: UUID, who: ReadPlacement, db: Db, reader_of: ReaderOf) -> Response:
    """`subject_id` of its task."""
    async with db.read(who.scope) as session:
        placement_id = await find.get_placement_of(session, who.scope, check_id)
        check = await find.get_check(session, placement_id, check_id)
        return json_answer(views.check_view(check, reader_of(who)))


@router.post("/{check_id}/answer", response_model=schemas.PlacementView, summary="What was heard · 登记回访结果")
async def answer_stay_check(
    check_id: UUID,
    draft: schemas.StayAnswerDraft,
    who: AnswerCall,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Still there: the row of the ledger is confirmed too, with the wage if it was told. Elsewhere or at home: the
    placement has ended. Not reached: it is asked again by the policy `placement-clocks`. 409 `stay-check-answered`."""

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        placement_id = await find.get_placement_of(session, who.scope, check_id)
        row = await find.lock_placement(session, who.scope, placement_id)
        told = Answer(draft.outcome, draft.on, draft.wage, draft.note)
        await usecases.answer_call(session, vault, who, row, check_id, told, now)
        view = await views.placement_view(session, row, reader_of(who), local_date(now))
        return json_answer(view, headers={"ETag": etag(row.placement.version)})

    return await once(db, who, key, work)
