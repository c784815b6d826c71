"""Subsidies (务工补助): who qualifies and has not claimed, and what was claimed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text

from services.jobs.models import Person, SubsidyClaim
from services.jobs.queries.as_of import out_today
from services.jobs.queries.at_work import ledger_month
from services.jobs.queries.seen_from import seen_from
from services.jobs.rules.placement_refusals import ClaimNotFound
from services.jobs.rules.subsidies import DISTANCES
from shared.areas import Scope, bounds
from shared.contracts.jobs_placement_policies import LabourSubsidies
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing

_NEAR = " ".join(f"WHEN '{seen}' THEN '{near}'" for seen, near in DISTANCES.items())


# What `rules/subsidies.py` says of one person, for all at once; a test holds that both agree. People come in the order of
# the list, so that a page reads no more of them than it shows and passes over.
def _workers(each: str) -> str:
    """Who is out at work today. `each` follows the look-up of a person's row of the ledger."""
    return f"""
    SELECT p.area_code, p.id AS person_id, p.household_class, r.work_area, r.started_on, CAST(NULL AS numeric) AS trained,
        CASE {seen_from("p.area_code", "r.work_area")} {_NEAR} END AS distance
    FROM person p
    CROSS JOIN LATERAL (
        SELECT work_area, started_on FROM labour_row r
        WHERE r.person_id = p.id AND r.month = :month AND {out_today("r")}
            AND r.work_area IS NOT NULL AND r.started_on IS NOT NULL
        {each}
    ) r
    WHERE EXISTS (SELECT FROM rule WHERE kind <> 'training')
"""  # noqa: S608 constants


_LEARNERS = """
    SELECT p.area_code, p.id AS person_id, p.household_class, NULL AS work_area, CAST(NULL AS date) AS started_on,
        t.yuan AS trained, NULL AS distance
    FROM (SELECT DISTINCT person_id FROM enrolment WHERE completed_on BETWEEN :first AND :last AND state = 'completed') e
    JOIN person p ON p.id = e.person_id
    CROSS JOIN LATERAL (
        SELECT sum(c.allowance * least(a.days, :most_days)) AS yuan
        FROM enrolment e JOIN course c ON c.id = e.course_id
        CROSS JOIN LATERAL (SELECT count(*) AS days FROM attendance WHERE enrolment_id = e.id AND present) a
        WHERE e.person_id = p.id AND e.completed_on BETWEEN :first AND :last AND e.state = 'completed'
    ) t
    WHERE EXISTS (SELECT FROM rule WHERE kind = 'training')
"""


def _due(people: str) -> str:
    """What those people could claim, by the rules of the policy, and have not."""
    return f"""
    SELECT who.person_id, who.area_code, d.kind, d.code, who.work_area, who.started_on,
        CAST(least(d.most, who.trained) AS numeric(8, 2)) AS yuan
    FROM ({people} AND p.active AND p.area_code LIKE ANY (:patterns)
        AND (p.area_code, p.id) >= (:from_area, CAST(:from_person AS uuid)) AND p.area_code <= :to_area) who
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (rule.kind) rule.kind, rule.code, rule.most FROM rule
        WHERE (rule.classes = '' OR who.household_class = ANY (string_to_array(rule.classes, ',')))
            AND CASE WHEN rule.kind = 'training' THEN who.trained > 0 ELSE rule.distance = who.distance
                AND who.started_on + make_interval(months => rule.months) <= CAST(:today AS date) + 1 END
            AND NOT EXISTS (
                SELECT FROM subsidy_claim c WHERE c.person_id = who.person_id AND c.kind = rule.kind
                    AND c.year = :year AND c.state <> 'refused'
            )
        ORDER BY rule.kind, rule.place
    ) d
    WHERE (who.area_code, who.person_id, d.kind) > (:from_area, CAST(:from_person AS uuid), :from_kind)
"""  # noqa: S608 constants


_RULE = """
WITH rule AS (
    SELECT * FROM unnest(
        CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:distances AS text[]), CAST(:months AS integer[]),
        CAST(:classes AS text[]), CAST(:most AS numeric[])
    ) WITH ORDINALITY AS rule (code, kind, distance, months, classes, most, place)
)
"""
_ORDERED = "ORDER BY area_code, person_id, kind"
# OFFSET 0 keeps the planner from joining all of the ledger for a page; for the sums of all it may.
_BOTH = [_due(_workers("OFFSET 0")), _due(_LEARNERS)]
_ALL = [_due(_workers("")), _due(_LEARNERS)]
_PAGE = text(f"""{_RULE}
SELECT * FROM ({" UNION ALL ".join(f"({one} {_ORDERED} LIMIT :limit)" for one in _BOTH)}) due {_ORDERED} LIMIT :limit
""")  # noqa: S608
_SUMS = text(f"""{_RULE}
SELECT rpad(left(area_code, :digits), 12, '0') AS area_code, kind, count(*) AS people, sum(yuan) AS yuan
FROM ({" UNION ALL ".join(_ALL)}) due GROUP BY 1, 2 ORDER BY 1, 2
""")  # noqa: S608
_COMPLETED = text("""
SELECT c.allowance, count(*) AS days FROM enrolment e
JOIN course c ON c.id = e.course_id
JOIN attendance a ON a.enrolment_id = e.id AND a.present
WHERE e.person_id = :person AND e.state = 'completed' AND e.completed_on BETWEEN :first AND :last
GROUP BY e.id, c.allowance
""")


@dataclass(frozen=True, slots=True)
class SubsidyTerms:
    """What decides who could claim on a day: the policy, and for how many days at most a course pays. `kind` None: any."""

    policy: LabourSubsidies
    most_days: int
    today: date
    kind: str | None = None


class CompletedCourse(NamedTuple):
    """What a course paid a day in yuan, and on how many days of it somebody came."""

    allowance: Decimal
    days: int


class DueRow(NamedTuple):
    """A subsidy that somebody could claim and has not; yuan at most."""

    person_id: UUID
    area_code: str
    kind: str
    rule: str
    work_area: str | None
    started_on: date | None
    yuan: Decimal


class SumRow(NamedTuple):
    """How many could claim a kind in an area, and how much together."""

    area_code: str
    kind: str
    people: int
    yuan: Decimal


class ClaimRow(NamedTuple):
    """A claim with whose it is."""

    claim: SubsidyClaim
    person: Person


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What a list of claims shall hold; None does not filter."""

    state: str | None = None
    kind: str | None = None
    year: int | None = None
    person_id: UUID | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        claim = SubsidyClaim
        return equal(
            (claim.state, self.state),
            (claim.kind, self.kind),
            (claim.year, self.year),
            (claim.person_id, self.person_id),
        )


async def list_unclaimed(
    session: ReadSession, scope: Scope, terms: SubsidyTerms, after: tuple[str, UUID, str] | None, limit: int
) -> Sequence[DueRow]:
    """By village and person."""
    values = await _values(session, scope, terms, after) | {"limit": limit}
    return [DueRow(*row) for row in await session.execute(_PAGE, values)]


async def sum_unclaimed(session: ReadSession, scope: Scope, terms: SubsidyTerms, digits: int) -> Sequence[SumRow]:
    """By area of so many digits and kind."""
    values = await _values(session, scope, terms, None) | {"digits": digits}
    return [SumRow(*row) for row in await session.execute(_SUMS, values)]


async def list_completed(session: ReadSession, person_id: UUID, year: int) -> Sequence[CompletedCourse]:
    """The courses that somebody completed in the year."""
    values = {"person": person_id, "first": date(year, 1, 1), "last": date(year, 12, 31)}
    return [CompletedCourse(*row) for row in await session.execute(_COMPLETED, values)]


async def find_claim(session: ReadSession, person_id: UUID, kind: str, year: int) -> SubsidyClaim | None:
    """The claim of that kind and year that was not refused."""
    query = select(SubsidyClaim).where(
        SubsidyClaim.person_id == person_id,
        SubsidyClaim.kind == kind,
        SubsidyClaim.year == year,
        SubsidyClaim.state != "refused",
    )
    return (await session.scalars(query)).one_or_none()


async def list_claims(
    session: ReadSession, scope: Scope, wanted: ClaimFilter, before: UUID | None, limit: int
) -> Sequence[ClaimRow]:
    """Newest first."""
    query = newest_first(_claims(scope).where(*wanted.conditions()), SubsidyClaim.id, before=before, limit=limit)
    return [ClaimRow(*row) for row in await session.execute(query)]


async def get_claim(session: ReadSession, scope: Scope, claim_id: UUID) -> ClaimRow:
    """One; raises `ClaimNotFound`."""
    row = (await session.execute(_claims(scope).where(SubsidyClaim.id == claim_id))).one_or_none()
    return ClaimRow(*existing(row, ClaimNotFound))


async def lock_claim(session: WriteSession, scope: Scope, claim_id: UUID) -> ClaimRow:
    """The same, held until the commit."""
    query = _claims(scope).where(SubsidyClaim.id == claim_id).with_for_update(of=SubsidyClaim)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    return ClaimRow(*existing(row, ClaimNotFound))


def _claims(scope: Scope) -> Select[SubsidyClaim, Person]:
    query = select(SubsidyClaim, Person).join(Person, Person.id == SubsidyClaim.person_id)
    return query.where(within(SubsidyClaim.area_code, scope))


async def _values(
    session: ReadSession, scope: Scope, terms: SubsidyTerms, after: tuple[str, UUID, str] | None
) -> dict[str, Any]:
    rules = [rule for rule in terms.policy.rules if terms.kind in (None, rule.kind)]
    area, person, kind = after or (scope.first_area(), UUID(int=0), "")
    return {
        "codes": [rule.code for rule in rules],
        "kinds": [rule.kind for rule in rules],
        "distances": [rule.distance for rule in rules],
        "months": [rule.months for rule in rules],
        "classes": [",".join(rule.classes) for rule in rules],
        "most": [rule.most for rule in rules],
        "most_days": terms.most_days,
        "month": await ledger_month(session, terms.today),
        "today": terms.today,
        "patterns": scope.like_patterns(),
        "to_area": bounds(max(scope.prefixes, default=""))[1],
        "from_area": area,
        "from_person": person,
        "from_kind": kind,
        "first": date(terms.today.year, 1, 1),
        "last": date(terms.today.year, 12, 31),
        "year": terms.today.year,
    }
