"""Matching as it is shown."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.jobs.api.reader import Reader
from services.jobs.models import MatchingRun, ProposalState, RunState
from services.jobs.queries.matching import ProposalRow, find_digests
from services.jobs.queries.posts import PostRow, find_posts
from services.jobs.rules.matches import Match, Matches, NearMatch
from services.jobs.rules.score import PARTS_NAMED
from services.jobs.schemas import matching as schemas
from shared.contracts.jobs_match_policies import PartWeights
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.areas import find_names_above


async def weights_of(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, PartWeights]:
    """The points each part may bring, by versions of the policy."""
    versions = (await policies.load(session, "matching-weights")).versions
    return {one.id: PartWeights.model_validate(one.body["parts"]) for one in versions if one.id in ids}


async def run_views(
    session: ReadSession, runs: Sequence[MatchingRun], reader: Reader, counts: Mapping[UUID, dict[str, int]]
) -> list[schemas.RunView]:
    """Runs; `counts` of their proposals where they are wanted."""
    names = await find_names_above(session, {run.area_code for run in runs})
    digests = await find_digests(session, {run.repeats for run in runs if run.repeats})
    return [
        schemas.RunView(
            id=run.id,
            area=reader.area(run.area_code, names),
            state=RunState(run.state),
            state_text=reader.code("matching_run_state", run.state),
            progress=run.progress,
            repeats=run.repeats,
            same_result=run.result_digest == digests.get(run.repeats) if run.repeats and run.result_digest else None,
            day=run.day,
            input_digest=run.input_digest,
            result_digest=run.result_digest,
            policies=_policies(run),
            people=run.people,
            posts=run.posts,
            openings=run.openings,
            placed=run.placed,
            proposals=counts.get(run.id, {}),
            exposure=[schemas.ExposureLine(**line) for line in run.exposure or []],
            unlawful=[schemas.UnlawfulBarView(**line) for line in run.unlawful or []],
            failure=reader.say(run.failure) if run.failure else None,
            asked_at=run.asked_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )
        for run in runs
    ]


async def proposal_views(
    session: ReadSession, rows: Sequence[ProposalRow], weights: Mapping[UUID, PartWeights], reader: Reader, today: date
) -> list[schemas.ProposalView]:
    """Proposals with people and posts; `weights` by version of the policy."""
    names = await find_names_above(session, {row.proposal.area_code for row in rows})
    posts = await find_posts(session, {row.proposal.post_id for row in rows if row.proposal.post_id})
    return [
        schemas.ProposalView(
            id=one.id,
            run_id=one.run_id,
            person=reader.person(person, today),
            area=reader.area(one.area_code, names),
            need_id=one.need_id,
            state=ProposalState(one.state),
            state_text=reader.code("proposal_state", one.state),
            post=post_brief(posts[one.post_id], reader) if one.post_id in posts else None,
            score=one.score,
            parts=part_views(one.parts, weights.get(one.policy_id), reader) if one.parts else [],
            priority=one.priority,
            groups=[reader.coded("priority_group", group) for group in one.groups],
            possible=one.possible,
            why=reader.coded("matching_left", one.why),
            change=change_view(one.change, one.facts or {}, reader) if one.change else None,
            reason=reader.coded("matching_decline", one.reason),
            decided_at=one.decided_at,
            version=one.version,
        )
        for one, person in rows
    ]


def matches_view(
    found: Matches, posts: Mapping[UUID, PostRow], weights: PartWeights, reader: Reader
) -> schemas.MatchesView:
    """The posts for one person."""
    return schemas.MatchesView(
        best=[match_view(one, posts, weights, reader) for one in found.best],
        near=[match_view(one.match, posts, weights, reader, one) for one in found.near],
        possible=found.possible,
        looked_at=found.looked_at,
        excluded=[
            schemas.ExcludedCount(code=code, text=reader.code("exclusion", code), posts=count)
            for code, count in found.excluded.items()
        ],
    )


def match_view(
    one: Match, posts: Mapping[UUID, PostRow], weights: PartWeights, reader: Reader, near: NearMatch | None = None
) -> schemas.MatchView:
    """One post for one person."""
    return schemas.MatchView(
        post=post_brief(posts[UUID(one.opening.post_id)], reader),
        free=one.opening.free,
        score=one.score,
        parts=part_views(one.parts, weights, reader),
        excluded=[reader.coded("exclusion", code) for code in one.excluded],
        change=change_view(near.change, near.facts, reader) if near else None,
    )


def post_brief(row: PostRow, reader: Reader) -> schemas.PostBrief:
    """A post in short."""
    post = row.post
    return schemas.PostBrief(
        id=post.id,
        title=post.title,
        trade=reader.coded("trade", post.trade),
        employer=row.employer.name,
        place=post.place,
        pay_low=int(post.pay_low),
        pay_high=int(post.pay_high),
    )


def part_views(parts: Mapping[Any, int], weights: PartWeights | None, reader: Reader) -> list[schemas.PartView]:
    """The parts of a score, in the order of telling."""
    most = weights.model_dump() if weights else {}
    return [
        schemas.PartView(
            code=name, text=reader.code("score_part", name), points=parts[name], most=most.get(name, parts[name])
        )
        for name in PARTS_NAMED
        if name in parts
    ]


def change_view(code: str, facts: Mapping[str, Any], reader: Reader) -> schemas.RunChangeView:
    """The one change that would do."""
    return schemas.RunChangeView(code=code, text=reader.code("exclusion", code), facts=dict(facts))


def _policies(run: MatchingRun) -> dict[str, UUID]:
    named = (
        ("matching-weights", run.weights_policy_id),
        ("labour-distances", run.distances_policy_id),
        ("post-rules", run.posts_policy_id),
    )
    return {kind: version for kind, version in named if version is not None}
