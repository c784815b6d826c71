"""Needs for work (就业需求): lists, entry by hand, change and withdrawal."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import ReadNeed, WriteNeed
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import NeedState
from services.jobs.queries import needs as find
from services.jobs.queries.needs import NeedFilter, NeedRow
from services.jobs.schemas import needs as schemas
from services.jobs.schemas.fields import NeedSource, Trade
from services.jobs.usecases import needs as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/needs", tags=["Needs for work · 就业需求"])


@router.get("", summary="Needs · 就业需求列表")
async def list_needs(
    who: ReadNeed,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    state: Annotated[NeedState, Query(description="Open ones unless given · 状态")] = NeedState.OPEN,
    source: Annotated[NeedSource | None, Query()] = None,
    trade: Annotated[Trade | None, Query(description="Who wants that trade · 意向工种")] = None,
    person: Annotated[UUID | None, Query(description="Of one person · 人员")] = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.NeedView]:
    """Needs within the caller's areas, newest first."""
    wanted = NeedFilter(state, source, trade, person, household)
    before = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_needs(session, who.scope.within(area), wanted, before, limit + 1)
        page, last = cut(rows, limit)
        items = await need_views(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.need.id) if last else None)


@router.post("", status_code=201, response_model=schemas.NeedView, summary="Enter one · 登记就业需求")
async def open_need(
    draft: schemas.NeedDraft, who: WriteNeed, db: Db, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """Somebody says that they want work, or other work. 422 `person-too-young` under 16 (劳动法 §15)."""

    async def work(session: WriteSession) -> Response:
        row = await usecases.open_need(session, who, draft.person_id, draft.wishes(), utc_now())
        [view] = await need_views(session, [row], reader_of(who))
        return created(view, f"/jobs/v1/needs/{row.need.id}", {"ETag": etag(row.need.version)})

    return await once(db, who, key, work)


@router.get("/{need_id}", response_model=schemas.NeedView, summary="One need · 就业需求详情")
async def get_need(need_id: UUID, who: ReadNeed, db: Db, reader_of: ReaderOf) -> Response:
    """With who has it."""
    async with db.read(who.scope) as session:
        return await _answer(session, await find.get_need(session, who.scope, need_id), reader_of(who))


@router.put("/{need_id}/wishes", response_model=schemas.NeedView, summary="Other wishes · 变更就业意愿")
async def change_need(
    need_id: UUID, draft: schemas.WishesDraft, who: WriteNeed, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """All wishes anew; what is left out is wanted no more. 409 `need-closed` when it is met or withdrawn."""
    async with db.write(who.scope) as session:
        row = await usecases.change_need(session, who, need_id, if_match, draft.wishes())
        return await _answer(session, row, reader_of(who))


@router.post("/{need_id}/withdrawal", response_model=schemas.NeedView, summary="Withdraw · 撤回就业需求")
async def withdraw_need(
    need_id: UUID, who: WriteNeed, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """It is wanted no more."""
    async with db.write(who.scope) as session:
        row = await usecases.withdraw_need(session, who, need_id, if_match, utc_now())
        return await _answer(session, row, reader_of(who))


async def need_views(session: ReadSession, rows: Sequence[NeedRow], reader: Reader) -> list[schemas.NeedView]:
    """Needs with their people."""
    names = await find_names_above(session, {row.need.area_code for row in rows})
    today = local_date(utc_now())

    return [
        schemas.NeedView(
            id=need.id,
            person=reader.person(person, today),
            area=reader.area(need.area_code, names),
            source=reader.coded("need_source", need.source),
            source_ref=need.source_ref,
            wants_change=need.wants_change,
            wanted_trades=reader.coded_all("trade", need.wanted_trades),
            wage_floor=need.wage_floor,
            refused_areas=need.refused_areas,
            care_within_km=need.care_within_km,
            lodging_needed=need.lodging_needed,
            night_ok=need.night_ok,
            services=reader.coded_all("job_service", need.services),
            until_on=need.until_on,
            state=NeedState(need.state),
            state_text=reader.code("need_state", need.state),
            opened_at=need.opened_at,
            closed_at=need.closed_at,
        )
        for need, person in rows
    ]


async def _answer(session: ReadSession, row: NeedRow, reader: Reader) -> Response:
    [view] = await need_views(session, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.need.version)})
