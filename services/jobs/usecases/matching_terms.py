"""The terms of matching as they are in force: policies, and what is known of villagers and employers."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.jobs.queries.matching_facts import list_stays, list_villagers
from services.jobs.rules.distances import Distances
from services.jobs.rules.matching_terms import Terms
from services.jobs.usecases.post_rules import POST_RULES
from shared.areas import AreaCode, Scope
from shared.contracts.jobs_match_policies import LabourDistances, MatchingWeights
from shared.contracts.jobs_posts_policies import PostRules
from shared.db.engine import ReadSession
from shared.projections.policies import in_force

WEIGHTS, DISTANCES = "matching-weights", "labour-distances"


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """Terms, and the versions of the policies behind them."""

    terms: Terms
    weights_id: UUID
    distances_id: UUID
    posts_id: UUID


async def get_terms(session: ReadSession, area: str, day: date, company: Scope | None = None) -> TermsInForce:
    """The policies for an area and a day. `company`: the villages whose people at work are counted; None: nobody's, and
    no employer's record, which is enough for the filters. Raises `PolicyMissing`."""
    weights, weights_id = await in_force(session, WEIGHTS, area, day, MatchingWeights)
    distances, distances_id = await in_force(session, DISTANCES, area, day, LabourDistances)
    posts, posts_id = await in_force(session, POST_RULES, area, day, PostRules)
    terms = Terms(
        weights,
        Distances(distances),
        await list_villagers(session, company, day) if company else {},
        await list_stays(session, day) if company else {},
        posts,
    )
    return TermsInForce(terms, weights_id, distances_id, posts_id)


def area_of(code: str) -> Scope:
    """An area and all below."""
    return Scope.of(AreaCode(code))
