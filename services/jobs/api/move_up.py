"""The move-up queue (转岗): who out at work should have a better post."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.jobs.api.needs import need_views
from services.jobs.api.permits import OpenMoveUp, ReadMoveUp
from services.jobs.api.reader import ReaderOf
from services.jobs.queries.people import list_by_ids
from services.jobs.schemas import subsidies as schemas
from services.jobs.schemas.needs import NeedView
from services.jobs.usecases import move_up as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created
from shared.http.context import Db
from shared.http.cursors import rank_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import etag
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/move-up", tags=["Move-up queue · 转岗"])


@router.get("", summary="Who should move up · 转岗名单")
async def list_move_up(
    who: ReadMoveUp,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.QueueView]:
    """People who are out in odd, heavy or low-paid work, or want another post, by the policy `move-up`; with the reasons,
    the most urgent first."""
    now, reader = utc_now(), reader_of(who)
    async with db.read(who.scope) as session:
        rows = await usecases.list_queue(session, who.scope.within(area), now, rank_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        people = await list_by_ids(session, who.scope, [row.work.person_id for row in page])
        names = await find_names_above(session, {row.work.area_code for row in page})
    items = [
        schemas.QueueView(
            person=reader.person(people[work.person_id], local_date(now)),
            area=reader.area(work.area_code, names),
            urgency=work.urgency,
            reasons=[reader.coded("move_up_reason", reason) for reason in reasons],
            work_area=work.work_area,
            trade=reader.coded("trade", work.trade),
            work_kind=work.work_kind,
            wage=work.wage,
            median=work.median,
            started_on=work.started_on,
        )
        for work, reasons in page
    ]
    return Page(items=items, next=encode_cursor(last.work.urgency, last.work.person_id) if last else None)


@router.post("/{person_id}/need", status_code=201, response_model=NeedView, summary="Open a need · 登记转岗需求")
async def open_move_up(
    person_id: UUID,
    draft: schemas.MoveUpDraft,
    who: OpenMoveUp,
    db: Db,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """A need for another post that pays no less than today's. An open need of the person is marked instead of a second."""

    async def work(session: WriteSession) -> Response:
        row = await usecases.open_move_up(session, who, person_id, draft.trades, utc_now())
        [view] = await need_views(session, [row], reader_of(who))
        return created(view, f"/jobs/v1/needs/{row.need.id}", {"ETag": etag(row.need.version)})

    return await once(db, who, key, work)
