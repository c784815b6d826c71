"""Placements (介绍安置): lists, referrals, moves, and many from a matching run at once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api import placement_views as views
from services.jobs.api.permits import AcceptProposals, ReadPlacement, WritePlacement
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.queries import placements as find
from services.jobs.queries.placements import PlacementFilter, PlacementRow
from services.jobs.rules.placement_refusals import UnderSixteen
from services.jobs.rules.placement_states import State
from services.jobs.schemas import placements as schemas
from services.jobs.usecases import chosen_proposals
from services.jobs.usecases import placements as usecases
from services.jobs.usecases.placement_checks import tell_minor
from services.jobs.usecases.placements import Referral
from shared.clock import local_date, utc_now
from shared.db.engine import Database, ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import day_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/placements", tags=["Placements · 介绍安置"])


@router.get("", summary="Placements · 安置列表")
async def list_placements(
    who: ReadPlacement,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[tuple[State, ...], Query(description="All unless given · 状态")] = (),
    person: Annotated[UUID | None, Query(description="Of one person · 人员")] = None,
    post: Annotated[UUID | None, Query(description="At one post · 岗位")] = None,
    employer: Annotated[UUID | None, Query(description="At one employer · 用人单位")] = None,
    need: Annotated[UUID | None, Query(description="For one need · 就业需求")] = None,
    late: Annotated[bool, Query(description="Past their term, the most urgent first · 仅超期")] = False,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.PlacementSummary]:
    """Placements of people within the caller's areas, newest first."""
    today = local_date(utc_now())
    wanted = PlacementFilter(state, person, post, employer, need, today if late else None)
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        if late:
            rows = await find.list_late(session, scope, wanted, day_cursor(after), limit + 1)
        else:
            rows = await find.list_placements(session, scope, wanted, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await views.summaries(session, page, reader_of(who), today)
    if last is None:
        return Page(items=items)
    key = (last.placement.due_on, last.placement.id) if late else (last.placement.id,)
    return Page(items=items, next=encode_cursor(*key))


@router.post("", status_code=201, response_model=schemas.PlacementView, summary="Refer somebody · 介绍岗位")
async def refer_person(
    draft: schemas.ReferralDraft,
    who: WritePlacement,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Propose somebody for a post. 409 `placement-barred` with every reason, `placement-employer-blacklisted`,
    `placement-post-taken`; `placement-under-sixteen` is told as an alert besides."""

    async def work(session: WriteSession) -> Response:
        told = Referral(draft.person_id, draft.post_id, draft.on, draft.need_id, note=draft.note)
        row = await usecases.refer(session, vault, who, told, utc_now())
        view = await views.placement_view(session, row, reader_of(who), local_date(utc_now()))
        return created(view, f"/jobs/v1/placements/{row.placement.id}", {"ETag": etag(row.placement.version)})

    try:
        return await once(db, who, key, work)
    except UnderSixteen:
        await _tell(db, who, draft.person_id, utc_now())
        raise


@router.post(
    "/from-proposals", response_model=schemas.ChosenAnswer, summary="Act on a run's proposals · 按匹配结果批量介绍"
)
async def refer_chosen(
    draft: schemas.ChosenDraft, who: AcceptProposals, db: Db, vault: Seals, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """Up to 500 proposals that somebody chose, each checked anew: what is wrong with one stops no other."""
    reader = reader_of(who)

    async def work(session: WriteSession) -> Response:
        outcomes = await chosen_proposals.refer_chosen(
            session, vault, who, draft.run_id, draft.proposal_ids, draft.on, utc_now()
        )
        return json_answer(_chosen_view(outcomes, reader))

    return await once(db, who, key, work)


@router.get("/{placement_id}", response_model=schemas.PlacementView, summary="One placement · 安置详情")
async def get_placement(placement_id: UUID, who: ReadPlacement, db: Db, reader_of: ReaderOf) -> Response:
    """With its history, its calls, and the moves that are possible now."""
    async with db.read(who.scope) as session:
        return await _answer(session, await find.get_placement(session, who.scope, placement_id), reader_of(who))


@router.post("/{placement_id}/moves", response_model=schemas.PlacementView, summary="Make a move · 办理下一步")
async def move_placement(
    placement_id: UUID,
    draft: schemas.MoveDraft,
    who: WritePlacement,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """An acceptance keeps an opening for the person and ends their other referrals; an arrival fills it, meets the need,
    and is written into the ledger. 409 `placement-move-illegal` where the table has no such move."""
    now = utc_now()

    async def work(session: WriteSession) -> Response:
        row = await find.lock_placement(session, who.scope, placement_id)
        expect_version(if_match, row.placement.version)
        await usecases.move_placement(session, vault, who, row, draft.wanted(), now)
        return await _answer(session, row, reader_of(who))

    try:
        return await once(db, who, key, work)
    except UnderSixteen:
        async with db.read(who.scope) as session:
            person_id = (await find.get_placement(session, who.scope, placement_id)).person.id
        await _tell(db, who, person_id, now)
        raise


async def _tell(db: Database, who: Principal, person_id: UUID, now: datetime) -> None:
    """The refusal has rolled everything back, and this must be kept."""
    async with db.write(who.scope) as session:
        await tell_minor(session, who, person_id, now)


async def _answer(session: ReadSession, row: PlacementRow, reader: Reader) -> Response:
    view = await views.placement_view(session, row, reader, local_date(utc_now()))
    return json_answer(view, headers={"ETag": etag(row.placement.version)})


def _chosen_view(outcomes: list[chosen_proposals.Outcome], reader: Reader) -> schemas.ChosenAnswer:
    items = [
        schemas.ChosenOutcome(
            proposal_id=one.proposal_id,
            outcome=one.outcome,
            placement_id=one.placement_id,
            code=one.refusal.code if one.refusal else None,
            reasons=[reader.say(fault.code, **fault.params) for fault in one.refusal.faults] if one.refusal else [],
        )
        for one in outcomes
    ]
    count = {name: sum(one.outcome == name for one in items) for name in ("referred", "repeated", "refused")}
    return schemas.ChosenAnswer(**count, items=items)
