"""What matching looks at: people of open needs, open posts, villagers at work, who stayed with an employer."""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select, text

from services.jobs.models import Course, CourseState, Employer, Post, PostState
from services.jobs.queries.as_of import out_today
from services.jobs.queries.at_work import ledger_month
from services.jobs.queries.employers import of_counties
from services.jobs.queries.stability import stability_of
from services.jobs.rules.matching_terms import Opening, Seeker, Stayed
from services.jobs.rules.placement_states import BOUND
from services.jobs.rules.refusals import PersonNotFound
from shared.areas import Scope
from shared.clock import age_on
from shared.db.engine import ReadSession

_POST = (
    *(Post.id, Post.employer_id, Post.trade, Post.place, Post.pay_low, Post.pay_high, Post.lodging, Post.shift),
    *(Post.hazardous, Post.age_low, Post.age_high, Post.age_reason, Post.sex, Post.sex_reason),
    *(Post.certificates, Post.health_limits, Post.physical_demand),
)
_COLUMNS = f"""
SELECT p.id, n.id AS need_id, p.area_code, p.household_class, p.sex, p.birth_on, p.health, p.disability_class,
    p.disability_level, p.labour_skill, p.relocated, p.grade, n.wanted_trades, n.wage_floor, n.refused_areas,
    n.care_within_km, n.lodging_needed, n.night_ok, r.wage, r.trade,
    coalesce({out_today("r")}, false) AS works,
    ARRAY(SELECT c.trade FROM certificate c WHERE c.person_id = p.id) AS trades,
    NOT EXISTS (
        SELECT FROM person m JOIN labour_row w ON w.person_id = m.id AND w.month = :month AND {out_today("w")}
        WHERE m.household_id = p.household_id AND m.active
    ) AS idle
"""  # noqa: S608
_SEEKERS = text(
    _COLUMNS  # noqa: S608 constants, both
    + """
FROM (
    SELECT DISTINCT ON (person_id) * FROM work_need WHERE state = 'open' AND area_code LIKE ANY (:areas)
    ORDER BY person_id, id DESC
) n
JOIN person p ON p.id = n.person_id AND p.active
LEFT JOIN labour_row r ON r.person_id = p.id AND r.month = :month
WHERE NOT EXISTS (SELECT FROM placement b WHERE b.person_id = p.id AND b.state = ANY (:bound))
ORDER BY p.id
"""
)
_ONE = text(
    _COLUMNS  # noqa: S608 constants, both
    + """
FROM person p
LEFT JOIN LATERAL (
    SELECT * FROM work_need
    WHERE person_id = p.id AND state = 'open' AND (CAST(:need AS uuid) IS NULL OR id = :need)
    ORDER BY id DESC LIMIT 1
) n ON true
LEFT JOIN labour_row r ON r.person_id = p.id AND r.month = :month
WHERE p.id = :person AND p.area_code LIKE ANY (:areas)
"""
)
_VILLAGERS = text(
    f"""
SELECT area_code, employer_id, left(work_area, 6) AS place, count(*) AS people FROM labour_row r
WHERE month = :month AND {out_today("r")} AND area_code LIKE ANY (:areas) AND work_area IS NOT NULL
GROUP BY 1, 2, 3
"""  # noqa: S608
)


async def list_seekers(session: ReadSession, scope: Scope, day: date) -> list[Seeker]:
    """Everybody with an open need who has promised to take no post yet; of several needs the newest counts."""
    month = await ledger_month(session, day)
    values = {"month": month, "areas": scope.like_patterns(), "bound": list(BOUND), "today": day}
    return [_seeker(row, day) for row in await session.execute(_SEEKERS, values)]


async def get_seeker(
    session: ReadSession, scope: Scope, person_id: UUID, day: date, need_id: UUID | None = None
) -> Seeker:
    """One person with the wishes of that open need, or of the newest; without any as somebody who says nothing of what
    they want. Raises `PersonNotFound`."""
    month = await ledger_month(session, day)
    values = {"month": month, "areas": scope.like_patterns(), "person": person_id, "need": need_id, "today": day}
    row = (await session.execute(_ONE, values)).one_or_none()
    if row is None:
        raise PersonNotFound
    return _seeker(row, day)


async def list_openings(session: ReadSession, scope: Scope, day: date, post_id: UUID | None = None) -> list[Opening]:
    """Posts of the scope's counties that are open on that day, without openings promised to people; or the one named."""
    query = (
        _openings(day)
        .join(Employer, Employer.id == Post.employer_id)
        .where(of_counties(Post.county, scope), Post.state == PostState.OPEN, Employer.blacklisted_reason.is_(None))
        .where(or_(Post.until_on.is_(None), Post.until_on >= day))
        .order_by(Post.id)
    )
    if post_id is not None:
        query = query.where(Post.id == post_id)
    return [_opening(row) for row in await session.execute(query) if row.free > 0]


async def get_opening(session: ReadSession, post_id: UUID, day: date) -> Opening:
    """One post that the caller has got, open or not, as matching sees it."""
    return _opening((await session.execute(_openings(day).where(Post.id == post_id))).one())


async def list_villagers(session: ReadSession, scope: Scope, day: date) -> dict[tuple[str, str], int]:
    """How many people of a village work for an employer, and in a county: by (village, employer id or 6 digits)."""
    month = await ledger_month(session, day)
    found: dict[tuple[str, str], int] = {}
    rows = await session.execute(_VILLAGERS, {"month": month, "areas": scope.like_patterns(), "today": day})
    for village, employer, place, people in rows:
        for there in (place, str(employer) if employer else None):
            if there is not None:
                found[village, there] = found.get((village, there), 0) + people
    return found


async def list_stays(session: ReadSession, day: date) -> dict[str, Stayed]:
    """Of each employer with an open post, people placed 90 days ago and more of whom it is known: how many, who stayed."""
    employers = list(await session.scalars(select(Post.employer_id).where(Post.state == PostState.OPEN).distinct()))
    found = await stability_of(session, employers, day)
    return {str(employer): Stayed(one.answered, one.still_there) for employer, one in found.items()}


def _openings(day: date) -> Select[*tuple[Any, ...]]:
    taught = select(Course.trade).where(Course.state == CourseState.OPEN, Course.starts_on > day)
    free = Post.openings - Post.filled - Post.reserved - func.promised_openings(Post.id)  # of all villages
    return select(*_POST, free.label("free"), Post.trade.in_(taught).label("course"))


def _seeker(row: Row[Any], day: date) -> Seeker:
    works = row.works
    return Seeker(
        person_id=str(row.id),
        need_id=str(row.need_id) if row.need_id else "",
        area_code=row.area_code,
        age=age_on(row.birth_on, day),
        sex=row.sex,
        health=frozenset(row.health),
        disability_class=row.disability_class,
        disability_level=row.disability_level,
        trades=frozenset(row.trades),
        own_trade=row.trade,
        labour_skill=row.labour_skill or "ordinary",
        wage=int(row.wage) if works and row.wage is not None else None,
        wanted_trades=tuple(row.wanted_trades or ()),
        wage_floor=_whole_up(row.wage_floor),
        refused_areas=tuple(row.refused_areas or ()),
        care_within_km=row.care_within_km,
        lodging_needed=bool(row.lodging_needed),
        night_ok=row.night_ok is not False,
        groups=_groups(row, works),
        household_class=row.household_class,
    )


def _groups(row: Row[Any], works: bool) -> frozenset[str]:
    """Groups of the policy `matching-weights`, of somebody who seeks work, by the day's facts.

    Not the lists of `labour-indicators`: there "lifted out" is without the monitored, and a zero-employment household is
    one with somebody ready, where here somebody asks for work (docs/matching.md).
    """
    belongs = {
        "registered_poor": row.household_class in ("lifted_out", "monitored"),
        "relocated": row.relocated,
        "zero_employment": row.idle,
        "grade_red": row.grade == "red",
        "grade_yellow": row.grade == "yellow",
        "jobless": not works,
    }
    return frozenset(name for name, is_so in belongs.items() if is_so)


def _whole_up(yuan: Decimal | None) -> int | None:
    return None if yuan is None else int(yuan.to_integral_value(ROUND_CEILING))


def _opening(post: Any) -> Opening:
    return Opening(
        post_id=str(post.id),
        employer_id=str(post.employer_id),
        trade=post.trade,
        place=post.place,
        free=post.free,
        pay_low=int(post.pay_low),
        pay_high=int(post.pay_high),
        lodging=post.lodging,
        night=post.shift != "day",
        hazardous=post.hazardous,
        age_low=post.age_low,
        age_high=post.age_high,
        age_reason=post.age_reason,
        sex=post.sex,
        sex_reason=post.sex_reason,
        certificates=frozenset(post.certificates),
        health_limits=frozenset(post.health_limits),
        demand=post.physical_demand,
        course=post.course,
    )
