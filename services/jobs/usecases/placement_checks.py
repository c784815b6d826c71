"""May this person work at that post: the employer's blacklist, then the hard filters of matching, law first."""

from datetime import date, datetime
from math import ceil
from uuid import UUID

from sqlalchemy import select

from services.jobs import events
from services.jobs.models import Certificate, Person, Post, WorkNeed
from services.jobs.queries.people import get_person
from services.jobs.queries.placement_posts import PostRow
from services.jobs.rules.ages import age_on
from services.jobs.rules.law import ExclusionCode, excluded_by
from services.jobs.rules.matching_terms import Opening, Seeker, Terms
from services.jobs.rules.placement_refusals import EmployerBlacklisted, PostBarred, UnderSixteen
from services.jobs.usecases.matching_terms import terms_in_force
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


async def require_may_learn_for(session: ReadSession, person: Person, post: Post, on: date) -> None:
    """Raise `PostBarred` where the person may not work at that post after the training, which ends on that day."""
    terms = await _terms(session, person.area_code, on)
    barred = excluded_by(await _seeker(session, person, None, on), _opening(post), terms)
    if reasons := [reason for reason in barred if reason in BY_LAW]:
        raise PostBarred(reasons)


async def require_allowed(session: ReadSession, person: Person, row: PostRow, need: WorkNeed | None, on: date) -> None:
    """Raise `UnderSixteen`, `EmployerBlacklisted`, or `PostBarred` with every reason; wishes count where a need is given.

    `on`: the day on which the person's age counts.
    """
    terms = await _terms(session, person.area_code, on)
    barred = excluded_by(await _seeker(session, person, need, on), _opening(row.post), terms)
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


async def _terms(session: ReadSession, area_code: str, on: date) -> Terms:
    """The terms in force, read once a transaction for each village and day: many people are referred in one."""
    key = ("placement-terms", area_code, on)
    if key not in session.info:
        session.info[key] = (await terms_in_force(session, area_code, on)).terms
    found: Terms = session.info[key]
    return found


async def _seeker(session: ReadSession, person: Person, need: WorkNeed | None, on: date) -> Seeker:
    trades = await session.scalars(select(Certificate.trade).where(Certificate.person_id == person.id))
    floor = need.wage_floor if need else None
    return Seeker(
        person_id=str(person.id),
        need_id=str(need.id) if need else "",
        area_code=person.area_code,
        age=age_on(person.birth_on, on),
        sex=person.sex,
        health=frozenset(person.health),
        disability_class=person.disability_class,
        disability_level=person.disability_level,
        trades=frozenset(trades),
        wage_floor=ceil(floor) if floor is not None else None,
        refused_areas=tuple(need.refused_areas) if need else (),
        care_within_km=need.care_within_km if need else None,
        lodging_needed=need.lodging_needed if need else False,
        night_ok=need.night_ok if need else True,
    )


def _opening(post: Post) -> Opening:
    return Opening(
        post_id=str(post.id),
        employer_id=str(post.employer_id),
        trade=post.trade,
        place=post.place,
        free=post.free,
        pay_low=int(post.pay_low),
        pay_high=int(post.pay_high),
        lodging=post.lodging,
        night=post.night,
        hazardous=post.hazardous,
        age_low=post.age_low,
        age_high=post.age_high,
        age_reason=post.age_reason,
        sex=post.sex,
        sex_reason=post.sex_reason,
        certificates=frozenset(post.certificates),
        health_limits=frozenset(post.health_limits),
        demand=post.physical_demand,
    )
