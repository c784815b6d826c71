"""Runs of matching are asked for, cancelled, repeated; proposals are accepted or declined. People decide."""

from datetime import date, datetime
from uuid import UUID

from services.jobs.codes import LISTS
from services.jobs.models import MatchingProposal, MatchingRun, Placement, ProposalState, RunState
from services.jobs.queries import matching as find
from services.jobs.queries.matching import ProposalRow
from services.jobs.queries.people import lock_person
from services.jobs.rules.matching_refusals import (
    ProposalDecided,
    RunGoesAlready,
    RunNotDone,
    RunOver,
)
from services.jobs.usecases.matching_terms import get_terms
from services.jobs.usecases.placements import Referral, refer
from shared.areas import AreaCode
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.db.listening import ring
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def ask_run(session: WriteSession, who: Principal, area: AreaCode, now: datetime) -> MatchingRun:
    """Have the people of an area matched, beside the requests. Raises `RunGoesAlready`, `PolicyMissing`."""
    await find.lock_asking(session)
    if await find.find_going(session, area) is not None:
        raise RunGoesAlready(field="area_code")
    await get_terms(session, area, local_date(now))  # better said now than by a failed run
    return await _add(session, who, area, now, None)


async def repeat_run(session: WriteSession, who: Principal, run_id: UUID, now: datetime) -> MatchingRun:
    """Match the kept input of a run once more; nothing is proposed, the result's digest shows whether it is the same.

    Raises `RunNotFound`, `RunNotDone`; `RunGoesAlready` while it is being repeated.
    """
    run = await find.lock_run(session, who.scope, run_id, with_input=True)
    if run.state != RunState.DONE or run.input_sealed is None:
        raise RunNotDone
    if await find.find_repetition(session, run.id) is not None:  # the run is locked: of two the second sees the first
        raise RunGoesAlready
    return await _add(session, who, AreaCode(run.area_code), now, run)


async def cancel_run(session: WriteSession, who: Principal, run_id: UUID, now: datetime) -> MatchingRun:
    """It stops where it is, and proposes nothing. Raises `RunNotFound`, `RunOver`."""
    run = await find.lock_run(session, who.scope, run_id)
    if run.state not in find.GOING:
        raise RunOver(state=LISTS["matching_run_state"].texts[run.state])
    run.state, run.finished_at = RunState.CANCELLED, now
    await audit.record(session, who, "matching-run:cancel", run.id, area_code=run.area_code)
    await session.flush()
    return run


async def accept_proposal(
    session: WriteSession, vault: Vault, who: Principal, proposal_id: UUID, if_match: str | None, now: datetime
) -> tuple[ProposalRow, Placement]:
    """The person is referred to the post, in the same transaction. Raises `ProposalNotFound`, `Stale`, and what
    `accept_locked` raises."""
    found = await find.get_proposal(session, who.scope, proposal_id)
    await lock_person(session, who.scope, found.person.id)  # before the proposal, as whoever places people does
    row = await _lock(session, who, proposal_id, if_match)
    return row, await accept_locked(session, vault, who, row.proposal, local_date(now), now)


async def accept_locked(
    session: WriteSession, vault: Vault, who: Principal, proposal: MatchingProposal, on: date, now: datetime
) -> Placement:
    """Refer the person, who is locked with the proposal, to its post on that day: the placement bears the proposal's id.

    Everything is looked at as it is today. Raises `ProposalDecided`, and what `refer` raises.
    """
    _require_undecided(proposal)
    assert proposal.post_id is not None
    told = Referral(proposal.person_id, proposal.post_id, on, proposal.need_id, proposal.id)
    placement = (await refer(session, vault, who, told, now)).placement
    await _decide(session, who, proposal, ProposalState.ACCEPTED, now, None)
    return placement


async def decline_proposal(
    session: WriteSession, who: Principal, proposal_id: UUID, if_match: str | None, reason: str, now: datetime
) -> ProposalRow:
    """The person, or whoever knows them, says no. Raises `ProposalNotFound`, `Stale`, `ProposalDecided`."""
    row = await _lock(session, who, proposal_id, if_match)
    _require_undecided(row.proposal)
    await _decide(session, who, row.proposal, ProposalState.DECLINED, now, reason)
    return row


async def _add(
    session: WriteSession, who: Principal, area: AreaCode, now: datetime, repeated: MatchingRun | None
) -> MatchingRun:
    run = MatchingRun(
        id=new_id(),
        area_code=area,
        state=RunState.QUEUED,
        progress=0,
        attempts=0,
        repeats=repeated.id if repeated else None,
        asked_by=who.id,
        asked_at=now,
    )
    if repeated is not None:
        kept = ("day", "weights_policy_id", "distances_policy_id", "posts_policy_id", "input_sealed", "input_digest")
        for name in kept:
            setattr(run, name, getattr(repeated, name))
    session.add(run)
    await audit.record(session, who, "matching-run:ask", run.id, area_code=area, repeats=str(run.repeats or ""))
    await ring(session, find.CHANNEL)
    await session.flush()
    return run


async def _lock(session: WriteSession, who: Principal, proposal_id: UUID, if_match: str | None) -> ProposalRow:
    row = await find.lock_proposal(session, who.scope, proposal_id)
    expect_version(if_match, row.proposal.version)
    return row


def _require_undecided(proposal: MatchingProposal) -> None:
    if proposal.state != ProposalState.PROPOSED:
        raise ProposalDecided(state=LISTS["proposal_state"].texts[proposal.state])


async def _decide(
    session: WriteSession,
    who: Principal,
    proposal: MatchingProposal,
    state: ProposalState,
    now: datetime,
    reason: str | None,
) -> None:
    proposal.state, proposal.reason = state, reason
    proposal.decided_by, proposal.decided_at, proposal.version = who.id, now, proposal.version + 1
    verb = "accept" if state is ProposalState.ACCEPTED else "decline"
    await audit.record(
        session, who, f"matching-proposal:{verb}", proposal.id, area_code=proposal.area_code, reason=reason or ""
    )
    await session.flush()
