"""The posts for one person, at once. The person must lie within the asker's areas; posts and numbers are everybody's."""

import asyncio
from datetime import datetime
from uuid import UUID

from services.jobs.queries.matching_facts import get_seeker, list_openings
from services.jobs.rules.matches import Match, Matches, explained, matches_of
from services.jobs.rules.post_refusals import PostNotFound
from services.jobs.usecases.matching_terms import area_of, get_terms
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.jobs_match_policies import PartWeights
from shared.db.engine import ReadSession


async def match_person(
    session: ReadSession, scope: Scope, person_id: UUID, most: int, now: datetime
) -> tuple[Matches, PartWeights]:
    """The best posts that are open today. `session` sees all areas: how many openings are promised is no secret.
    With the points each part may bring. Raises `PersonNotFound`, `PolicyMissing`.
    """
    today = local_date(now)
    seeker = await get_seeker(session, scope, person_id, today)
    home = area_of(seeker.area_code)
    terms = (await get_terms(session, seeker.area_code, today, home)).terms
    openings = await list_openings(session, home, today)
    found = await asyncio.to_thread(matches_of, seeker, openings, terms, most)  # a tenth of a second of sums
    return found, terms.weights.parts


async def explain_pair(
    session: ReadSession, scope: Scope, person_id: UUID, post_id: UUID, now: datetime
) -> tuple[Match, PartWeights]:
    """One open post for one person. Raises `PersonNotFound`, `PostNotFound`, `PolicyMissing`."""
    today = local_date(now)
    seeker = await get_seeker(session, scope, person_id, today)
    home = area_of(seeker.area_code)
    openings = await list_openings(session, home, today, post_id)
    if not openings:
        raise PostNotFound(field="post_id")
    terms = (await get_terms(session, seeker.area_code, today, home)).terms
    return explained(seeker, openings[0], terms), terms.weights.parts
