"""A run of matching, worked off: its input is read and kept, matched, and what comes of it written.

Killed in between, the next worker goes on with the kept input: a run proposes what its input says, whoever matches it.
"""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from uuid import UUID

import orjson

from services.jobs.models import MatchingRun, ProposalState, RunState
from services.jobs.queries import matching as find
from services.jobs.queries.matching import NewProposal, as_json
from services.jobs.queries.matching_facts import list_openings, list_seekers
from services.jobs.rules import matching_snapshot
from services.jobs.rules.candidates import NOBODY
from services.jobs.rules.matching import Outcome
from services.jobs.rules.matching_snapshot import Input
from services.jobs.rules.one_change import FARTHEST, LeftOut
from services.jobs.rules.score import priority, score_of
from services.jobs.usecases.matching_terms import area_of, get_terms
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.db.listening import MOST_ATTEMPTS
from shared.ids import new_id
from shared.security.vault import Vault

INPUT = "matching-input"
BROKEN = "matching-run-broken"
_EVERYWHERE = Scope.everywhere()


async def count_attempt(session: WriteSession, run_id: UUID, now: datetime) -> bool:
    """Before it is made, and its input read; False: nothing is to be done with the run any more."""
    run = await find.lock_run(session, _EVERYWHERE, run_id)
    if run.state not in find.GOING:
        return False
    if run.attempts >= MOST_ATTEMPTS:
        run.state, run.failure, run.finished_at = RunState.FAILED, BROKEN, now
        return False
    run.attempts += 1
    return True


async def begin_run(session: WriteSession, vault: Vault, run_id: UUID, now: datetime) -> Input | None:
    """Take a run in hand and its input, read now where it has none yet; None: nothing is to be done with it any more.

    Raises `PolicyMissing`.
    """
    run = await find.lock_run(session, _EVERYWHERE, run_id, with_input=True)
    if run.state not in find.GOING:
        return None
    run.state, run.progress, run.started_at = RunState.RUNNING, 0, now
    if run.input_sealed is None:
        await _keep_input(session, vault, run, now)
    assert run.input_sealed is not None
    given = matching_snapshot.read(matching_snapshot.unpacked(vault.open(run.input_sealed, INPUT)))
    run.people, run.posts = len(given.seekers), len(given.openings)
    run.openings = sum(one.free for one in given.openings)
    return given


async def finish_run(session: WriteSession, run_id: UUID, given: Input, outcome: Outcome, now: datetime) -> bool:
    """Write what came of it; False when it was cancelled meanwhile, and nothing is written."""
    run = await find.lock_run(session, _EVERYWHERE, run_id)
    if run.state != RunState.RUNNING:
        return False
    run.placed, run.value = outcome.assignment.placed, outcome.assignment.value
    run.exposure = [
        {
            "kind": one.kind,
            "group": one.group,
            "people": one.people,
            "with_candidate": one.with_candidate,
            "placed": one.placed,
            "mean_score": one.mean_score,
            "below": one.below,
        }
        for one in outcome.exposure
    ]
    run.unlawful = [{"post_id": one.post_id, "kind": one.kind, "reason": one.reason} for one in outcome.unlawful]
    run.result_digest = result_digest(given, outcome)
    if run.repeats is None:
        await find.insert_proposals(session, run, list(_proposals(given, outcome)))
        await find.lapse_earlier(session, run)
    run.state, run.progress, run.finished_at = RunState.DONE, 100, now
    return True


async def fail_run(session: WriteSession, run_id: UUID, code: str, now: datetime) -> None:
    """It cannot be done, and says why."""
    run = await find.lock_run(session, _EVERYWHERE, run_id)
    if run.state in find.GOING:
        run.state, run.failure, run.finished_at = RunState.FAILED, code, now


def result_digest(given: Input, outcome: Outcome) -> str:
    """What names a result: who is proposed for which post, with which score."""
    lines = [
        [seeker.person_id, given.openings[post].post_id if post != NOBODY else None, score]
        for seeker, post, score in zip(
            given.seekers, outcome.assignment.posts.tolist(), outcome.scores.tolist(), strict=True
        )
    ]
    return matching_snapshot.digest(orjson.dumps(sorted(lines, key=itemgetter(0))))


async def _keep_input(session: WriteSession, vault: Vault, run: MatchingRun, now: datetime) -> None:
    scope, day = area_of(run.area_code), local_date(now)
    force = await get_terms(session, run.area_code, day, scope)
    seekers = await list_seekers(session, scope, day)
    openings = await list_openings(session, scope, day)
    text = matching_snapshot.written(Input(day, seekers, openings, force.terms))
    run.day, run.input_digest = day, matching_snapshot.digest(text)
    run.input_sealed = vault.seal(matching_snapshot.packed(text), INPUT)
    run.weights_policy_id, run.distances_policy_id = force.weights_id, force.distances_id
    run.posts_policy_id = force.posts_id


def _proposals(given: Input, outcome: Outcome) -> Iterator[NewProposal]:
    """The best first, then those who are left, nearest first: ids are in the order of making."""
    posts, scores = outcome.assignment.posts.tolist(), outcome.scores.tolist()
    placed = [person for person, post in enumerate(posts) if post != NOBODY]
    for person in sorted(placed, key=lambda one: (-scores[one], given.seekers[one].person_id)):
        yield _proposed(given, outcome, person, posts[person], scores[person])
    for left in sorted(outcome.left, key=lambda one: one.change.nearness if one.change else FARTHEST):
        yield _left(given, outcome, left)


def _proposed(given: Input, outcome: Outcome, person: int, post: int, score: int) -> NewProposal:
    seeker, opening = given.seekers[person], given.openings[post]
    return NewProposal(
        id=new_id(),
        person_id=UUID(seeker.person_id),
        need_id=UUID(seeker.need_id),
        post_id=UUID(opening.post_id),
        state=ProposalState.PROPOSED,
        score=score,
        parts=as_json(score_of(seeker, opening, given.terms)),
        priority=priority(seeker, given.terms),
        groups=",".join(sorted(seeker.groups)),
        possible=int(outcome.candidates.possible[person]),
        why=None,
        change=None,
        facts=None,
    )


def _left(given: Input, outcome: Outcome, left: LeftOut) -> NewProposal:
    seeker, change = given.seekers[left.person], left.change
    return NewProposal(
        id=new_id(),
        person_id=UUID(seeker.person_id),
        need_id=UUID(seeker.need_id),
        post_id=UUID(given.openings[change.post].post_id) if change else None,
        state=ProposalState.LEFT,
        score=change.score if change else None,
        parts=None,
        priority=priority(seeker, given.terms),
        groups=",".join(sorted(seeker.groups)),
        possible=int(outcome.candidates.possible[left.person]),
        why=left.why,
        change=change.code if change else None,
        facts=as_json(change.facts) if change else None,
    )
