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
from shared.projections import policies

WEIGHTS, DISTANCES = "matching-weights", "labour-distances"


@dataclass(frozen=True, slots=True)
class InForce:
    """Terms, and the versions of the policies behind them."""

    terms: Terms
    weights_id: UUID
    distances_id: UUID
    posts_id: UUID


async def terms_in_force(session: ReadSession, area: str, day: date, company: Scope | None = None) -> InForce:
    """The policies for an area and a day. `company`: the villages whose people at work are counted; None: nobody's, and
    no employer's record, which is enough for the filters. Raises `PolicyMissing`."""
    weights = (await policies.load(session, WEIGHTS)).in_force(area, day)
    distances = (await policies.load(session, DISTANCES)).in_force(area, day)
    posts = (await policies.load(session, POST_RULES)).in_force(area, day)
    terms = Terms(
        MatchingWeights.model_validate(weights.body),
        Distances(LabourDistances.model_validate(distances.body)),
        await list_villagers(session, company, day) if company else {},
        await list_stays(session, day) if company else {},
        PostRules.model_validate(posts.body),
    )
    return InForce(terms, weights.id, distances.id, posts.id)


def area_of(code: str) -> Scope:
    """An area and all below."""
    return Scope.of(AreaCode(code))
