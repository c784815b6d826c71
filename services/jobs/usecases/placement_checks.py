"""May this person work at that post: the employer's blacklist, then the hard filters of matching, law first."""

from datetime import date, datetime
from uuid import UUID

from services.jobs import events
from services.jobs.models import Person, WorkNeed
from services.jobs.queries.matching_facts import get_opening, get_seeker
from services.jobs.queries.people import get_person
from services.jobs.queries.posts import PostRow
from services.jobs.rules.law import ExclusionCode, excluded_by
from services.jobs.rules.matching_terms import Terms
from services.jobs.rules.placement_refusals import EmployerBlacklisted, PostBarred, UnderSixteen
from services.jobs.usecases.matching_terms import area_of, get_terms
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal

BINDING: frozenset[ExclusionCode] = frozenset(
    {
        *("under_sixteen", "minor_hazardous", "minor_night", "sex_by_law", "age_by_law"),
        *("health_limit", "disability_limit", "certificate_missing"),
    }
)
"""What no word of the person changes. The others are wishes: who accepts a post has thought better of them."""
BY_LAW = BINDING - {"certificate_missing"}
"""What no training changes either."""


async def require_may_learn_for(session: ReadSession, person: Person, post_id: UUID, on: date) -> None:
    """Raise `PostBarred` where the person may not work at that post after the training, which ends on that day."""
    barred = await _barred(session, person, post_id, None, on)
    if reasons := [reason for reason in barred if reason in BY_LAW]:
        raise PostBarred(reasons)


async def require_allowed(session: ReadSession, person: Person, row: PostRow, need: WorkNeed | None, on: date) -> None:
    """Raise `UnderSixteen`, `EmployerBlacklisted`, or `PostBarred` with every reason; wishes count where a need is given.

    `on`: the day on which the person's age counts.
    """
    barred = await _barred(session, person, row.post.id, need.id if need else None, on)
    if "under_sixteen" in barred:
        raise UnderSixteen(field="person_id")
    if row.employer.blacklisted_reason is not None:
        raise EmployerBlacklisted(field="post_id")
    if need is None:
        barred = [reason for reason in barred if reason in BINDING]
    if barred:
        raise PostBarred(barred)


async def tell_minor(session: WriteSession, who: Principal, person_id: UUID, now: datetime) -> None:
    """Somebody under 16 was to be placed, or is: told once a person and year, in a transaction of its own."""
    person = await get_person(session, who.scope, person_id)
    today = local_date(now)
    await emit(session, events.minor_working(person, today, now, found_in="placement"))
    await audit.record(session, who, "placement:minor", person.id, area_code=person.area_code)


async def _barred(
    session: ReadSession, person: Person, post_id: UUID, need_id: UUID | None, on: date
) -> list[ExclusionCode]:
    seeker = await get_seeker(session, area_of(person.area_code), person.id, on, need_id)
    return excluded_by(seeker, await get_opening(session, post_id, on), await _terms(session, person.area_code, on))


async def _terms(session: ReadSession, area_code: str, on: date) -> Terms:
    """The terms in force, read once a transaction for each village and day: many people are referred in one."""
    key = ("placement-terms", area_code, on)
    if key not in session.info:
        session.info[key] = (await get_terms(session, area_code, on)).terms
    found: Terms = session.info[key]
    return found
