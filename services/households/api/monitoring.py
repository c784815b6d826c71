"""National cases (监测个案): the lists, one with its history, a clue by hand, the counter of the fast lane."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import monitoring_views as views
from services.households.api.permits import OpenMonitoring, ReadMonitoring
from services.households.api.reader import ReaderOf
from services.households.queries import monitoring as find
from services.households.queries.monitoring import MonitoringFilter
from services.households.schemas import monitoring as schemas
from services.households.usecases import monitoring as usecases
from shared.clock import end_of_day, local_date, utc_now
from shared.contracts.households import Level
from shared.contracts.monitoring import CaseClass, State
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import moment_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import etag

router = APIRouter(prefix="/v1/monitoring-cases", tags=["National cases · 监测个案"])


@router.get("", summary="National cases · 监测个案列表")
async def list_monitoring_cases(
    who: ReadMonitoring,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[tuple[State, ...], Query(description="All unless given · 状态")] = (),
    monitoring_class: Annotated[CaseClass | None, Query(alias="class", description="监测对象类型")] = None,
    risk: Annotated[schemas.Risk | None, Query(description="Among its risks · 风险类型")] = None,
    due_within: Annotated[
        int | None, Query(ge=0, le=365, description="Due in so many days, or late; by deadline · 几天内到期")
    ] = None,
    holder: Annotated[Level | None, Query(description="Its turn, or told of it · 当前办理层级")] = None,
    fast_lane: Annotated[bool | None, Query(description="Took the fast lane, or not · 绿色通道")] = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.CaseSummary]:
    """National cases within the caller's areas, newest first; with `due_within` the most urgent first.

    `holder` says whose turn it is now, and who else asks after it.
    """
    now = utc_now()
    wanted = MonitoringFilter(
        state,
        monitoring_class,
        risk,
        end_of_day(local_date(now) + timedelta(days=due_within)) if due_within is not None else None,
        holder,
        fast_lane,
        household,
    )
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        if due_within is None:
            rows = await find.list_cases(session, scope, wanted, decode_id_cursor(after), limit + 1)
        else:
            start = moment_cursor(after)
            rows = await find.list_due(session, scope, wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await views.case_summaries(session, who.scope, page, reader_of(who), now)
    if last is None:
        return Page(items=items)
    key = (last.case.id,) if due_within is None else (last.case.due_at, last.case.id)
    return Page(items=items, next=encode_cursor(*key))


@router.post("", status_code=201, response_model=schemas.CaseView, summary="Open one by hand · 登记风险线索")
async def open_monitoring_case(
    draft: schemas.CaseDraft,
    who: OpenMonitoring,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """A clue that no alert brought. A confirmed alert opens the household's case by itself.

    409 `case-active` when the household has one: where its risk had gone, the move to `clue` begins a new round.
    """

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        row = await usecases.open_case(session, vault, who, draft.household_id, draft.source, draft.note, now)
        await session.flush()
        view = await views.case_view(session, who.scope, row, reader_of(who), now)
        location = f"/households/v1/monitoring-cases/{row.case.id}"
        return created(view, location, {"ETag": etag(row.case.version)})

    return await once(db, who, key, work)


@router.get("/fast-lane", summary="Counter of the fast lane · 绿色通道统计")
async def count_fast_lane(
    who: ReadMonitoring,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
) -> schemas.LaneReport:
    """How many cases took it, how many still owe their papers, and how many of these are late, by township."""
    async with db.read(who.scope) as session:
        lines = await find.count_fast_lane(session, who.scope.within(area), utc_now())
        return await views.lane_report(session, lines, reader_of(who))


@router.get("/{case_id}", response_model=schemas.CaseView, summary="One national case · 监测个案详情")
async def get_monitoring_case(case_id: UUID, who: ReadMonitoring, db: Db, reader_of: ReaderOf) -> Response:
    """With its history, what it was identified and eliminated on, what stands behind it, and its pauses."""
    async with db.read(who.scope) as session:
        row = await find.get_case(session, who.scope, case_id)
        view = await views.case_view(session, who.scope, row, reader_of(who), utc_now())
    return json_answer(view, headers={"ETag": etag(row.case.version)})
