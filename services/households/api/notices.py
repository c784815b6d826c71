"""Public notices (公示): drafted, put up, taken down, printed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.responses import Response

from services.households.api.permits import PrintNotice, ReadNotice, WriteNotice
from services.households.api.reader import Reader, ReaderOf
from services.households.models import NoticeEntry, PublicNotice
from services.households.queries import notices as find
from services.households.queries.notices import Counts
from services.households.rules.notices import NoticeKind, state_on
from services.households.schemas import notices as schemas
from services.households.usecases import notice_text
from services.households.usecases import notices as usecases
from services.households.usecases.notices import PROOF, TEXT, Proof
from shared.clock import local_date, utc_now
from shared.db.engine import Database, ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals, Texts
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.projections.areas import find_names_above
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/public-notices", tags=["Public notices · 公示"])


@router.get("", summary="Notices · 公示列表")
async def list_notices(
    who: ReadNotice,
    db: Db,
    reader_of: ReaderOf,
    kind: Annotated[NoticeKind | None, Query(description="Kind · 公示类型")] = None,
    case: Annotated[UUID | None, Query(description="With that case on it · 监测个案")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.NoticeView]:
    """Notices within the caller's areas, newest first."""
    async with db.read(who.scope) as session:
        rows = await find.list_notices(
            session,
            who.scope.within(area),
            kind=kind,
            case_id=case,
            before=decode_id_cursor(after),
            limit=limit + 1,
        )
        page, last = cut(rows, limit)
        items = await _views(session, who, page, reader_of(who), local_date(utc_now()))
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post("", status_code=201, response_model=schemas.NoticeView, summary="Draft a notice · 拟制公示")
async def draft_notice(
    draft: schemas.NoticeDraft,
    who: WriteNotice,
    db: Db,
    vault: Seals,
    texts: Texts,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """For cases that have come to be published, all of one village. Heads, groups and classes go in, nothing else."""

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        notice = await usecases.draft_notice(session, vault, texts, who, draft.kind, draft.case_ids, now)
        [view] = await _views(session, who, [notice], reader_of(who), local_date(now))
        return created(view, f"/households/v1/public-notices/{notice.id}", {"ETag": etag(notice.version)})

    return await once(db, who, key, work)


@router.get("/{notice_id}", response_model=schemas.NoticeView, summary="One notice · 公示详情")
async def get_notice(notice_id: UUID, who: ReadNotice, db: Db, reader_of: ReaderOf) -> Response:
    """With what stands on it and how many objected."""
    async with db.read(who.scope) as session:
        notice = await find.get_notice(session, who.scope, notice_id)
        return await _answer(session, who, notice, reader_of(who), utc_now())


@router.get("/{notice_id}/text", response_class=PlainTextResponse, summary="Its text · 公示文本")
async def get_notice_text(notice_id: UUID, who: PrintNotice, db: Db, vault: Seals) -> PlainTextResponse:
    """As it was written, to copy or read out."""
    async with db.read(who.scope) as session:
        notice = await find.get_notice(session, who.scope, notice_id)
    sheet = notice_text.sheet_of(vault.open_json(notice.text_sealed, TEXT))
    return PlainTextResponse(notice_text.plain(sheet), headers={"Cache-Control": "no-store"})


@router.get("/{notice_id}/sheet", response_class=HTMLResponse, summary="To print · 打印公示")
async def print_notice(notice_id: UUID, who: PrintNotice, db: Db, vault: Seals, texts: Texts) -> HTMLResponse:
    """As a page for the printer; a word processor opens it too."""
    async with db.read(who.scope) as session:
        notice = await find.get_notice(session, who.scope, notice_id)
    sheet = notice_text.sheet_of(vault.open_json(notice.text_sealed, TEXT))
    return HTMLResponse(notice_text.page(texts, sheet), headers={"Cache-Control": "no-store"})


@router.post("/{notice_id}/posting", response_model=schemas.NoticeView, summary="Put up · 张贴公示")
async def post_notice(
    notice_id: UUID,
    draft: schemas.PostingDraft,
    who: WriteNotice,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """The day is told of within the days of `gate-terms`, or the notice is put up anew."""
    proof = Proof(draft.started_on, draft.place, draft.put_up_by, draft.photo_sha256)
    now = utc_now()
    async with _locked(db, who, notice_id, if_match) as (session, notice):
        await usecases.post_notice(session, vault, who, notice, proof, now)
        return await _answer(session, who, notice, reader_of(who), now)


@router.post("/{notice_id}/ending", response_model=schemas.NoticeView, summary="Taken down · 结束公示")
async def end_notice(
    notice_id: UUID,
    draft: schemas.EndingDraft,
    who: WriteNotice,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """409 `notice-too-short` before its days have passed, `notice-expired` when nobody took it down in time."""
    proof = Proof(draft.ended_on, None, draft.taken_down_by, draft.photo_sha256)
    now = utc_now()
    async with _locked(db, who, notice_id, if_match) as (session, notice):
        await usecases.end_notice(session, vault, who, notice, proof, now)
        return await _answer(session, who, notice, reader_of(who), now)


@router.post("/{notice_id}/withdrawal", response_model=schemas.NoticeView, summary="Take back · 撤回公示")
async def withdraw_notice(
    notice_id: UUID, who: WriteNotice, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """Before it has ended: it counts for nobody, and another may be drafted."""
    now = utc_now()
    async with _locked(db, who, notice_id, if_match) as (session, notice):
        await usecases.withdraw_notice(session, who, notice, now)
        return await _answer(session, who, notice, reader_of(who), now)


@asynccontextmanager
async def _locked(
    db: Database, who: Principal, notice_id: UUID, if_match: str | None
) -> AsyncIterator[tuple[WriteSession, PublicNotice]]:
    """A transaction that holds the notice, which is still as it was read."""
    async with db.write(who.scope) as session:
        notice = await find.lock_notice(session, who.scope, notice_id)
        expect_version(if_match, notice.version)
        yield session, notice


async def _answer(
    session: ReadSession, who: Principal, notice: PublicNotice, reader: Reader, now: datetime
) -> Response:
    [view] = await _views(session, who, [notice], reader, local_date(now))
    return json_answer(view, headers={"ETag": etag(notice.version)})


async def _views(
    session: ReadSession, who: Principal, notices: Sequence[PublicNotice], reader: Reader, today: date
) -> list[schemas.NoticeView]:
    ids = [notice.id for notice in notices]
    entries: dict[UUID, list[NoticeEntry]] = {}
    for entry in await find.list_entries(session, who.scope, ids):
        entries.setdefault(entry.notice_id, []).append(entry)
    counts = await find.count_objections(session, who.scope, ids)
    names = await find_names_above(session, (notice.area_code for notice in notices))
    return [
        _view(notice, entries.get(notice.id, []), counts.get(notice.id, Counts(0, 0, 0)), names, reader, today)
        for notice in notices
    ]


def _view(
    notice: PublicNotice,
    entries: Sequence[NoticeEntry],
    counts: Counts,
    names: dict[str, str],
    reader: Reader,
    today: date,
) -> schemas.NoticeView:
    state = state_on(notice.state, notice.started_on, notice.lapse_days, today)
    proof = (reader.record(notice.proof_sealed, PROOF) or {}) if notice.proof_sealed and reader.sees_people else {}
    record = reader.record(notice.text_sealed, TEXT) if reader.sees_people else None
    began = notice.started_on
    return schemas.NoticeView(
        id=notice.id,
        kind=notice.kind,
        kind_text=reader.code("notice_kind", notice.kind),
        state=state,
        state_text=reader.code("notice_state", state),
        area=reader.area(notice.area_code, names),
        entries=[schemas.NoticeEntryView(case_id=one.case_id, void=one.void_at is not None) for one in entries],
        objections=schemas.ObjectionCounts(open=counts.open, upheld=counts.upheld, rejected=counts.rejected),
        min_days=notice.min_days,
        started_on=began,
        may_end_on=began + timedelta(days=notice.min_days) if began else None,
        must_end_by=began + timedelta(days=notice.lapse_days) if began else None,
        ended_on=notice.ended_on,
        place=proof.get("place"),
        put_up_by=proof.get("put_up_by"),
        taken_down_by=proof.get("taken_down_by"),
        started_photo=notice.started_photo,
        ended_photo=notice.ended_photo,
        text=notice_text.plain(notice_text.sheet_of(record)) if record else None,
        policy_id=notice.policy_id,
        drafted_at=notice.drafted_at,
        version=notice.version,
    )
