"""Matching (人岗匹配): runs and what they propose, and the posts for one person. People decide."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api import matching_views as views
from services.jobs.api.permits import AskMatching, DecideProposal, ReadMatching, ReadProposal
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import MatchingRun, ProposalState
from services.jobs.queries import matching as find
from services.jobs.queries.matching import ProposalFilter, ProposalRow
from services.jobs.queries.posts import find_posts
from services.jobs.rules.placement_refusals import UnderSixteen
from services.jobs.schemas import matching as schemas
from services.jobs.usecases import matches, matching
from services.jobs.usecases.placement_checks import tell_minor
from shared.areas import AreaCode, Scope
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.security.principals import AreaNotPermitted, Principal

router = APIRouter(prefix="/v1", tags=["Matching · 人岗匹配"])

_EVERYWHERE = Scope.everywhere()
_RUNS = "/jobs/v1/matching-runs"


@router.post("/matching-runs", status_code=202, response_model=schemas.RunView, summary="Match an area · 发起匹配")
async def ask_run(
    draft: schemas.RunDraft, who: AskMatching, db: Db, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """Everybody of the area with an open need, and all open posts of the county: filters, scores, and the best of all
    ways to place them, beside the requests. Watch `state` and `progress`. 409 `matching-run-goes` while one goes on."""

    async def work(session: WriteSession) -> Response:
        run = await matching.ask_run(session, who, _area(who, draft.area_code), utc_now())
        [view] = await views.run_views(session, [run], reader_of(who), {})
        return json_answer(view, 202, {"Location": f"{_RUNS}/{run.id}"})

    return await once(db, who, key, work)


@router.get("/matching-runs", summary="Runs · 匹配任务列表")
async def list_runs(
    who: ReadMatching, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[schemas.RunView]:
    """Runs for the caller's areas, newest first."""
    async with db.read(who.scope) as session:
        page, last = cut(await find.list_runs(session, who.scope, decode_id_cursor(after), limit + 1), limit)
        items = await views.run_views(session, page, reader_of(who), {})
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/matching-runs/{run_id}", summary="One run · 匹配进度与结果")
async def get_run(run_id: UUID, who: ReadMatching, db: Db, reader_of: ReaderOf) -> schemas.RunView:
    """How far it is; when it is done, what came of it, how each group fared, and which bars counted for nothing."""
    async with db.read(who.scope) as session:
        return await _run(session, who, await find.get_run(session, who.scope, run_id), reader_of(who))


@router.post("/matching-runs/{run_id}/cancellation", summary="Cancel a run · 取消匹配")
async def cancel_run(run_id: UUID, who: AskMatching, db: Db, reader_of: ReaderOf) -> schemas.RunView:
    """It stops at its next step and proposes nothing. 409 when it is over."""
    async with db.write(who.scope) as session:
        return await _run(session, who, await matching.cancel_run(session, who, run_id, utc_now()), reader_of(who))


@router.post(
    "/matching-runs/{run_id}/repetition", status_code=202, response_model=schemas.RunView, summary="Repeat a run · 复算"
)
async def repeat_run(run_id: UUID, who: AskMatching, db: Db, key: OptionalRequestKey, reader_of: ReaderOf) -> Response:
    """Match the kept input once more: `same_result` then shows that it gives the same. Nothing is proposed. 409
    `matching-run-goes` while it is being repeated already."""

    async def work(session: WriteSession) -> Response:
        run = await matching.repeat_run(session, who, run_id, utc_now())
        [view] = await views.run_views(session, [run], reader_of(who), {})
        return json_answer(view, 202, {"Location": f"{_RUNS}/{run.id}"})

    return await once(db, who, key, work)


@router.get("/matching-proposals", summary="Proposals · 匹配建议列表")
async def list_proposals(
    who: ReadProposal,
    db: Db,
    reader_of: ReaderOf,
    run: Annotated[UUID | None, Query(description="Of one run · 匹配任务")] = None,
    state: Annotated[
        tuple[ProposalState, ...], Query(description="To be decided unless given; `left`: no post · 状态")
    ] = (ProposalState.PROPOSED,),
    person: Annotated[UUID | None, Query(description="人员")] = None,
    post: Annotated[UUID | None, Query(description="岗位")] = None,
    change: Annotated[str | None, Query(max_length=40, description="Left for that one reason · 差一项条件")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.ProposalView]:
    """Proposals for people of the caller's areas, in the order of the run: best score first, then who is left."""
    wanted = ProposalFilter(state, run, person, post, change)
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_proposals(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await _proposals(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.proposal.id) if last else None)


@router.get(
    "/matching-proposals/{proposal_id}", response_model=schemas.ProposalView, summary="One proposal · 匹配建议详情"
)
async def get_proposal(proposal_id: UUID, who: ReadProposal, db: Db, reader_of: ReaderOf) -> Response:
    """With the points of each part."""
    async with db.read(who.scope) as session:
        return await _answer(session, await find.get_proposal(session, who.scope, proposal_id), reader_of(who))


@router.post(
    "/matching-proposals/{proposal_id}/acceptance", response_model=schemas.ProposalView, summary="Accept · 采纳建议"
)
async def accept_proposal(
    proposal_id: UUID, who: DecideProposal, db: Db, vault: Seals, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """The person is referred to the post: `Location` is the placement. Everything is looked at as it is today, as by
    any referral: 409 `placement-post-not-open`, `placement-post-taken`, `placement-barred` with every reason;
    `placement-under-sixteen` is told as an alert besides."""
    now = utc_now()
    try:
        async with db.write(who.scope) as session:
            row, placement = await matching.accept_proposal(session, vault, who, proposal_id, if_match, now)
            answer = await _answer(session, row, reader_of(who))
            answer.headers["Location"] = f"/jobs/v1/placements/{placement.id}"
            return answer
    except UnderSixteen:
        async with db.write(who.scope) as session:  # the refusal has rolled everything back, and this must be kept
            person_id = (await find.get_proposal(session, who.scope, proposal_id)).person.id
            await tell_minor(session, who, person_id, now)
        raise


@router.post(
    "/matching-proposals/{proposal_id}/refusal", response_model=schemas.ProposalView, summary="Decline · 不采纳建议"
)
async def decline_proposal(
    proposal_id: UUID,
    draft: schemas.Declining,
    who: DecideProposal,
    db: Db,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """The person, or whoever knows them, says no, and why."""
    async with db.write(who.scope) as session:
        row = await matching.decline_proposal(session, who, proposal_id, if_match, draft.reason, utc_now())
        return await _answer(session, row, reader_of(who))


@router.get("/people/{person_id}/matches", summary="Posts for one person · 个人岗位推荐")
async def list_matches(
    person_id: UUID,
    who: ReadProposal,
    db: Db,
    reader_of: ReaderOf,
    limit: Annotated[int, Query(ge=1, le=50, description="条数")] = 10,
) -> schemas.MatchesView:
    """At once, by today's facts: the best posts with the points of each part, those that one change would open, and how
    many posts each filter excludes. Somebody without an open need is looked at as saying nothing of what they want."""
    async with db.read(_EVERYWHERE) as session:
        found, weights = await matches.match_person(session, who.scope, person_id, limit, utc_now())
        shown = [*found.best, *(one.match for one in found.near)]
        posts = await find_posts(session, {UUID(one.opening.post_id) for one in shown})
        return views.matches_view(found, posts, weights, reader_of(who))


@router.get("/people/{person_id}/matches/{post_id}", summary="One post for one person · 岗位匹配说明")
async def explain_match(
    person_id: UUID, post_id: UUID, who: ReadProposal, db: Db, reader_of: ReaderOf
) -> schemas.MatchView:
    """Every reason why the post is excluded for the person, and the points it would have."""
    async with db.read(_EVERYWHERE) as session:
        match, weights = await matches.explain_pair(session, who.scope, person_id, post_id, utc_now())
        return views.match_view(match, await find_posts(session, {post_id}), weights, reader_of(who))


def _area(who: Principal, wanted: AreaCode | None) -> AreaCode:
    """The area asked for, if it is the asker's; else the asker's own."""
    if wanted is not None:
        if not who.scope.covers(wanted):
            raise AreaNotPermitted(field="area_code")
        return wanted
    return who.scope.first_area()


async def _run(session: ReadSession, who: Principal, run: MatchingRun, reader: Reader) -> schemas.RunView:
    counts = {run.id: await find.count_states(session, who.scope, run.id)}
    [view] = await views.run_views(session, [run], reader, counts)
    return view


async def _proposals(session: ReadSession, rows: Sequence[ProposalRow], reader: Reader) -> list[schemas.ProposalView]:
    weights = await views.weights_of(session, {row.proposal.policy_id for row in rows})
    return await views.proposal_views(session, rows, weights, reader, local_date(utc_now()))


async def _answer(session: ReadSession, row: ProposalRow, reader: Reader) -> Response:
    [view] = await _proposals(session, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.proposal.version)})
