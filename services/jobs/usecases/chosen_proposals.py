"""People act on what a matching run proposes (匹配建议): each proposal becomes a referral, checked as any other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from services.jobs.models import MatchingProposal, Person, ProposalState
from services.jobs.queries.placements import find_of_proposal
from services.jobs.queries.within import within
from services.jobs.rules.placement_refusals import ProposalOfAnother, ProposalsTooMany, UnderSixteen
from services.jobs.usecases.placement_checks import tell_minor
from services.jobs.usecases.placements import Referral, refer
from shared.db.engine import WriteSession
from shared.errors import DomainError
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

MOST = 500
OPEN = (ProposalState.PROPOSED, ProposalState.ACCEPTED)
"""Nobody has said no to it, and no later run took its place."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one proposal."""

    proposal_id: UUID
    outcome: Literal["referred", "repeated", "refused"]
    placement_id: UUID | None = None
    refusal: DomainError | None = None


async def refer_chosen(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    run_id: UUID,
    chosen: Collection[UUID] | None,
    on: date,
    now: datetime,
) -> list[Outcome]:
    """Refer the people of a run's proposals within the asker's areas; unless some are chosen, all that nobody has decided.

    What is right with one is kept, whatever is wrong with another. Raises `ProposalsTooMany` above 500.
    """
    proposals = await _lock_proposals(session, who, run_id, chosen)
    if len(proposals) > MOST:
        raise ProposalsTooMany(field="proposal_ids", most=MOST)
    outcomes = [await _try(session, vault, who, one, on, now) for one in proposals.values()]
    outcomes += [
        Outcome(one, "refused", refusal=ProposalOfAnother(field="proposal_ids"))
        for one in dict.fromkeys(chosen or ())
        if one not in proposals
    ]
    count = sum(one.outcome == "referred" for one in outcomes)
    await audit.record(session, who, "placement:accept-proposals", run_id, referred=count, asked=len(outcomes))
    return outcomes


async def _try(
    session: WriteSession, vault: Vault, who: Principal, proposal: MatchingProposal, on: date, now: datetime
) -> Outcome:
    try:
        if proposal.post_id is None or proposal.state not in OPEN:
            raise ProposalOfAnother(field="proposal_ids")
        known = await find_of_proposal(session, proposal.person_id, proposal.id)
        if known is not None:  # who has refused since is not asked again
            return Outcome(proposal.id, "repeated", known.id)
        async with session.begin_nested():
            told = Referral(proposal.person_id, proposal.post_id, on, proposal.need_id, proposal.id)
            row = await refer(session, vault, who, told, now)
            if proposal.state == ProposalState.PROPOSED:
                proposal.state, proposal.decided_by, proposal.decided_at = ProposalState.ACCEPTED, who.id, now
                proposal.version += 1
            return Outcome(proposal.id, "referred", row.placement.id)
    except UnderSixteen as refusal:
        await tell_minor(session, who, proposal.person_id, now)
        return Outcome(proposal.id, "refused", refusal=refusal)
    except DomainError as refusal:
        return Outcome(proposal.id, "refused", refusal=refusal)


async def _lock_proposals(
    session: WriteSession, who: Principal, run_id: UUID, chosen: Collection[UUID] | None
) -> dict[UUID, MatchingProposal]:
    """People first and in one order, as everywhere; the proposals after them."""
    proposal = MatchingProposal
    mine = [proposal.run_id == run_id, within(proposal.area_code, who.scope)]
    mine.append(proposal.id.in_(chosen) if chosen is not None else proposal.state == ProposalState.PROPOSED)
    people = select(proposal.person_id).where(*mine)
    await session.execute(
        select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update(key_share=True)
    )
    query = select(proposal).where(*mine).order_by(proposal.person_id).limit(MOST + 1)
    query = query.with_for_update(key_share=True)
    return {one.id: one for one in await session.scalars(query)}
