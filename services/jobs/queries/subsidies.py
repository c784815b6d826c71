"""Subsidies (务工补助): who qualifies and has not claimed, and what was claimed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text

from services.jobs.models import Person, SubsidyClaim
from services.jobs.queries.as_of import out_today
from services.jobs.queries.at_work import ledger_month
from services.jobs.queries.within import seen_from, within
from services.jobs.rules.placement_refusals import ClaimNotFound
from services.jobs.rules.subsidies import DISTANCES
from shared.areas import Scope
from shared.contracts.jobs_placement_policies import LabourSubsidies
from shared.db.engine import ReadSession, WriteSession

_NEAR = " ".join(f"WHEN '{seen}' THEN '{near}'" for seen, near in DISTANCES.items())
# What `rules/subsidies.py` says of one person, for all at once; a test holds that both agree.
_DUE = f"""
WITH rule AS (
    SELECT * FROM unnest(
        CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:distances AS text[]), CAST(:months AS integer[]),
        CAST(:classes AS text[]), CAST(:most AS numeric[])
    ) WITH ORDINALITY AS rule (code, kind, distance, months, classes, most, place)
), worker AS (
    SELECT person_id, work_area, started_on,
        CASE {seen_from("area_code", "work_area")} {_NEAR} END AS distance
    FROM labour_row r
    WHERE month = :month AND {out_today("r")} AND work_area IS NOT NULL AND started_on IS NOT NULL
        AND area_code LIKE ANY (:patterns)
), trained AS (
    SELECT e.person_id, sum(c.allowance) AS yuan
    FROM enrolment e
    JOIN course c ON c.id = e.course_id
    JOIN attendance a ON a.enrolment_id = e.id AND a.present
    WHERE e.state = 'completed' AND e.completed_on BETWEEN :first AND :last AND e.area_code LIKE ANY (:patterns)
    GROUP BY e.person_id
), found AS (
    SELECT w.person_id, r.*, w.work_area, w.started_on, r.most AS yuan
    FROM worker w JOIN rule r ON r.kind <> 'training' AND r.distance = w.distance
        AND w.started_on + make_interval(months => r.months) <= CAST(:today AS date) + 1
    UNION ALL
    SELECT t.person_id, r.*, NULL, NULL, least(t.yuan, r.most)
    FROM trained t JOIN rule r ON r.kind = 'training'
    WHERE t.yuan > 0
), due AS (
    SELECT DISTINCT ON (f.person_id, f.kind) f.person_id, p.area_code, f.kind, f.code, f.work_area, f.started_on,
        CAST(f.yuan AS numeric(8, 2)) AS yuan
    FROM found f JOIN person p ON p.id = f.person_id AND p.active
    WHERE (f.classes = '' OR p.household_class = ANY (string_to_array(f.classes, ',')))
        AND (CAST(:kind AS text) IS NULL OR f.kind = :kind)
    ORDER BY f.person_id, f.kind, f.place
), unclaimed AS (
    SELECT * FROM due d WHERE NOT EXISTS (
        SELECT FROM subsidy_claim c
        WHERE c.person_id = d.person_id AND c.kind = d.kind AND c.year = :year AND c.state <> 'refused'
    )
)
"""  # noqa: S608 a constant
_PAGE = text(f"""{_DUE}
SELECT * FROM unclaimed
WHERE CAST(:after_area AS text) IS NULL
    OR (area_code, person_id, kind) > (:after_area, CAST(:after_person AS uuid), :after_kind)
ORDER BY area_code, person_id, kind LIMIT :limit
""")  # noqa: S608
_SUMS = text(f"""{_DUE}
SELECT rpad(left(area_code, :digits), 12, '0') AS area_code, kind, count(*) AS people, sum(yuan) AS yuan
FROM unclaimed GROUP BY 1, 2 ORDER BY 1, 2
""")  # noqa: S608
_TRAINED = text("""
SELECT coalesce(sum(c.allowance), 0) FROM enrolment e
JOIN course c ON c.id = e.course_id
JOIN attendance a ON a.enrolment_id = e.id AND a.present
WHERE e.person_id = :person AND e.state = 'completed' AND e.completed_on BETWEEN :first AND :last
""")


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

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        wanted = (
            (self.state, SubsidyClaim.state == self.state),
            (self.kind, SubsidyClaim.kind == self.kind),
            (self.year, SubsidyClaim.year == self.year),
            (self.person_id, SubsidyClaim.person_id == self.person_id),
        )
        return [condition for value, condition in wanted if value is not None]


async def list_unclaimed(
    session: ReadSession,
    scope: Scope,
    policy: LabourSubsidies,
    kind: str | None,
    today: date,
    after: tuple[str, UUID, str] | None,
    limit: int,
) -> Sequence[DueRow]:
    """By village and person."""
    area, person, last = after or (None, None, None)
    values = await _values(session, scope, policy, kind, today)
    values |= {"after_area": area, "after_person": person, "after_kind": last, "limit": limit}
    return [DueRow(*row) for row in await session.execute(_PAGE, values)]


async def sum_unclaimed(
    session: ReadSession, scope: Scope, policy: LabourSubsidies, kind: str | None, today: date, digits: int
) -> Sequence[SumRow]:
    """By area of so many digits and kind."""
    values = await _values(session, scope, policy, kind, today) | {"digits": digits}
    return [SumRow(*row) for row in await session.execute(_SUMS, values)]


async def sum_trained(session: ReadSession, person_id: UUID, year: int) -> Decimal:
    """Allowance for the days somebody came to courses that they completed in the year, yuan."""
    values = {"person": person_id, "first": date(year, 1, 1), "last": date(year, 12, 31)}
    found: Decimal = await session.scalar(_TRAINED, values)
    return found


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
    query = _claims(scope).where(*wanted.conditions()).order_by(SubsidyClaim.id.desc()).limit(limit)
    if before is not None:
        query = query.where(SubsidyClaim.id < before)
    return [ClaimRow(*row) for row in await session.execute(query)]


async def get_claim(session: ReadSession, scope: Scope, claim_id: UUID) -> ClaimRow:
    """One; raises `ClaimNotFound`."""
    row = (await session.execute(_claims(scope).where(SubsidyClaim.id == claim_id))).one_or_none()
    if row is None:
        raise ClaimNotFound
    return ClaimRow(*row)


async def lock_claim(session: WriteSession, scope: Scope, claim_id: UUID) -> ClaimRow:
    """The same, held until the commit."""
    query = _claims(scope).where(SubsidyClaim.id == claim_id).with_for_update(of=SubsidyClaim)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    if row is None:
        raise ClaimNotFound
    return ClaimRow(*row)


def _claims(scope: Scope) -> Select[SubsidyClaim, Person]:
    query = select(SubsidyClaim, Person).join(Person, Person.id == SubsidyClaim.person_id)
    return query.where(within(SubsidyClaim.area_code, scope))


async def _values(
    session: ReadSession, scope: Scope, policy: LabourSubsidies, kind: str | None, today: date
) -> dict[str, Any]:
    rules = policy.rules
    return {
        "codes": [rule.code for rule in rules],
        "kinds": [rule.kind for rule in rules],
        "distances": [rule.distance for rule in rules],
        "months": [rule.months for rule in rules],
        "classes": [",".join(rule.classes) for rule in rules],
        "most": [rule.most for rule in rules],
        "month": await ledger_month(session, today),
        "today": today,
        "patterns": scope.like_patterns(),
        "first": date(today.year, 1, 1),
        "last": date(today.year, 12, 31),
        "year": today.year,
        "kind": kind,
    }
