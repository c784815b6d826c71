"""What is done with a national case: moves, risks, class, pauses, the fast lane."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api import monitoring_views as views
from services.households.api.permits import MoveMonitoring, ReadMonitoring, TimeMonitoring, WriteMonitoring
from services.households.api.reader import Reader, ReaderOf
from services.households.queries import monitoring as find
from services.households.queries.monitoring import MonitoringRow
from services.households.schemas import monitoring as schemas
from services.households.usecases import case_clocks, moves
from services.households.usecases import monitoring as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import Database, WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import IfMatch, etag, expect_version
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/monitoring-cases/{case_id}", tags=["National cases · 监测个案"])


@router.get("/moves", summary="Possible next moves · 可办理的步骤")
async def list_possible_moves(
    case_id: UUID, who: ReadMonitoring, db: Db, reader_of: ReaderOf
) -> list[schemas.PossibleMove]:
    """Every legal next move: who makes it, which evidence it needs, and which of its conditions are not met today."""
    reader = reader_of(who)
    async with db.read(who.scope) as session:
        row = await find.get_case(session, who.scope, case_id)
        found = await moves.possible_moves(session, who, row, utc_now())
    return [views.possible_move(one, reader) for one in found]


@router.post("/moves", response_model=schemas.CaseView, summary="Make a move · 办理下一步")
async def move_monitoring_case(
    case_id: UUID,
    draft: schemas.MoveDraft,
    who: MoveMonitoring,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """409 `case-move-illegal` where the table has no such move, `gate-not-met` with every condition that is not met.

    403 `case-move-not-yours` for another level's move. Of two at once the second one finds another version: 412.
    """

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        row = await find.lock_case(session, who.scope, case_id)
        read = if_match if if_match is not None or draft.version is None else etag(draft.version)
        expect_version(read, row.case.version)
        on = draft.at or local_date(now)
        await moves.move_case(session, vault, who, row, draft.to, draft.brought(), on, now)
        return await _answer(session, who, row, reader_of(who), now)

    return await once(db, who, key, work)


@router.put("/risks", response_model=schemas.CaseView, summary="Its risks · 确定风险类型")
async def set_monitoring_risks(
    case_id: UUID,
    draft: schemas.RisksDraft,
    who: WriteMonitoring,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Up to five with one main; 99 needs a remark. A risk the county has decided on it alone drops, and says why."""

    async def work(session: WriteSession, row: MonitoringRow, now: datetime) -> None:
        await usecases.set_risks(session, vault, who, row, draft.main, draft.risks, draft.remark, draft.reason, now)

    return await _change(db, who, case_id, if_match, reader_of(who), work)


@router.put("/class", response_model=schemas.ClassAnswer, summary="Its class · 确定监测对象类型")
async def set_monitoring_class(
    case_id: UUID,
    draft: schemas.ClassDraft,
    who: WriteMonitoring,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """409 `case-class-contradicts` where what is known speaks against it; `unchecked` says what is not known."""
    now = utc_now()
    async with db.write(who.scope) as session:
        row = await find.lock_case(session, who.scope, case_id)
        expect_version(if_match, row.case.version)
        unknown = await usecases.set_class(session, vault, who, row, draft.monitoring_class, now)
        await session.flush()
        view = await views.class_answer(session, who.scope, row, reader_of(who), now, unknown)
    return json_answer(view, headers={"ETag": etag(row.case.version)})


@router.post("/pauses", response_model=schemas.CaseView, summary="Stop its clocks · 暂停时限")
async def pause_monitoring_case(
    case_id: UUID,
    draft: schemas.PauseDraft,
    who: TimeMonitoring,
    db: Db,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """From today on, for a reason and at most so many days as the policy `case-clocks` allows; then they run again."""

    async def work(session: WriteSession, row: MonitoringRow, now: datetime) -> None:
        await case_clocks.pause_case(session, who, row.case, draft.reason, draft.days, now)

    return await _change(db, who, case_id, if_match, reader_of(who), work)


@router.post("/resumption", response_model=schemas.CaseView, summary="Let them run again · 恢复时限")
async def resume_monitoring_case(
    case_id: UUID, who: TimeMonitoring, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """From today on, before the pause ends by itself."""

    async def work(session: WriteSession, row: MonitoringRow, now: datetime) -> None:
        await case_clocks.resume_case(session, who, row.case, now)

    return await _change(db, who, case_id, if_match, reader_of(who), work)


@router.post("/fast-lane", response_model=schemas.CaseView, summary="Help first · 开通绿色通道")
async def start_fast_lane(
    case_id: UUID,
    draft: schemas.FastLaneDraft,
    who: TimeMonitoring,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Help may begin at once. The papers take the same road, by the one deadline that the policy gives them."""

    async def work(session: WriteSession, row: MonitoringRow, now: datetime) -> None:
        await case_clocks.start_fast_lane(session, vault, who, row.case, draft.reason, draft.note, now)

    return await _change(db, who, case_id, if_match, reader_of(who), work)


async def _change(
    db: Database,
    who: Principal,
    case_id: UUID,
    if_match: str | None,
    reader: Reader,
    work: Callable[[WriteSession, MonitoringRow, datetime], Awaitable[None]],
) -> Response:
    """Lock the case, compare the version, do the work, answer with the case."""
    now = utc_now()
    async with db.write(who.scope) as session:
        row = await find.lock_case(session, who.scope, case_id)
        expect_version(if_match, row.case.version)
        await work(session, row, now)
        return await _answer(session, who, row, reader, now)


async def _answer(session: WriteSession, who: Principal, row: MonitoringRow, reader: Reader, now: datetime) -> Response:
    await session.flush()
    view = await views.case_view(session, who.scope, row, reader, now)
    return json_answer(view, headers={"ETag": etag(row.case.version)})
