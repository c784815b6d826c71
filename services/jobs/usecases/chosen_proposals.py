"""People act on what a matching run proposes (匹配建议): each proposal becomes a referral, checked as any other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.jobs.models import MatchingProposal
from services.jobs.queries.matching import lock_proposals
from services.jobs.queries.placements import find_of_proposal
from services.jobs.rules.placement_refusals import ProposalOfAnother, ProposalsTooMany, UnderSixteen
from services.jobs.usecases.matching import accept_locked
from services.jobs.usecases.placement_checks import tell_minor
from shared.db.engine import WriteSession
from shared.errors import DomainError
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

MOST = 500


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
    proposals = await lock_proposals(session, who.scope, run_id, chosen, MOST + 1)
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
        known = await find_of_proposal(session, proposal.person_id, proposal.id)
        if known is not None:  # who has refused since is not asked again
            return Outcome(proposal.id, "repeated", known.id)
        async with session.begin_nested():
            placement = await accept_locked(session, vault, who, proposal, on, now)
        return Outcome(proposal.id, "referred", placement.id)
    except UnderSixteen as refusal:
        await tell_minor(session, who, proposal.person_id, now)
        return Outcome(proposal.id, "refused", refusal=refusal)
    except DomainError as refusal:
        return Outcome(proposal.id, "refused", refusal=refusal)
