"""All that the audit rules look at, for many households at once: one statement a table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.db.engine import ReadSession, raw

_HOUSEHOLDS = """
SELECT id, area_code, class, national_code, natural_village, phone_index, phone_sealed, relocated, relocation_site,
    dwelling_level, only_home, safe_housing, safe_water, schooling_met, medical_met, land_mu, road_km,
    no_labour_covered, poverty_cause, monitoring_state
FROM household WHERE id = ANY ($1::uuid[]) AND dissolved_on IS NULL
"""
_MEMBERS = """
SELECT household_id, id, name, relation, sex, birth_on, person_key, id_number_sealed, phone_index, phone_sealed,
    pupil, school_stage, labour_skill, health, education, disability_class, disability_level,
    work_area, work_months, work_income, public_post, medical_insurance, serious_illness_insurance, pension,
    minimum_living_allowance, extreme_poverty_support, relocated
FROM member WHERE household_id = ANY ($1::uuid[]) AND left_on IS NULL ORDER BY id
"""
_INCOMES = """
SELECT household_id, period_first, period_last, people, wages, business, property, transfers, business_costs, claims,
    rigid_medical, rigid_education, rigid_disaster, rigid_accident, net_income, net_per_head, reference_per_head, line
FROM income_summary WHERE household_id = ANY ($1::uuid[])
"""
_CASES = """
SELECT c.household_id, c.state, c.class, c.main_risk, c.risks, c.opened_at, c.identified_on, c.eliminated_on,
    c.elimination_way, (
        SELECT e.has_contact FROM elimination_check e
        WHERE e.case_id = c.id AND e.round = c.round ORDER BY e.id DESC LIMIT 1
    ) AS has_contact
FROM monitoring_case c
WHERE c.household_id = ANY ($1::uuid[]) AND c.state NOT IN ('dismissed', 'moved_away', 'deceased')
"""
_MEASURES = """
SELECT c.household_id, m.kind, m.sub_kind, m.risk, m.fits, m.planned_on, m.delivered_on
FROM measure m JOIN monitoring_case c ON c.id = m.case_id AND c.round = m.round
WHERE c.household_id = ANY ($1::uuid[]) AND m.state IN ('planned', 'delivered') ORDER BY m.id
"""
_SNAPSHOTS = """
SELECT c.household_id, s.state, s.facts::text AS facts
FROM case_snapshot s JOIN monitoring_case c ON c.id = s.case_id AND c.round = s.round
WHERE c.household_id = ANY ($1::uuid[]) AND c.state NOT IN ('dismissed', 'moved_away', 'deceased') ORDER BY s.move_id
"""
_ELSEWHERE = "SELECT household_id, member_id, what FROM seen_elsewhere($1::uuid[])"


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """Rows as they lie in the tables, of households that are there and in sight."""

    households: Sequence[Any]
    members: Sequence[Any]
    incomes: Sequence[Any]
    cases: Sequence[Any]
    measures: Sequence[Any]
    snapshots: Sequence[Any]  # of the round that runs; the last of a state counts
    elsewhere: Sequence[Any]  # `phone`, `dead`, `claimed`; without a member it is the household's phone


async def load_facts(session: ReadSession, household_ids: Collection[UUID]) -> QualityFacts:
    """The rows of those households."""
    connection = await raw(session)
    ids = list(household_ids)
    statements = (_HOUSEHOLDS, _MEMBERS, _INCOMES, _CASES, _MEASURES, _SNAPSHOTS, _ELSEWHERE)
    return QualityFacts(*[await connection.fetch(statement, ids) for statement in statements])


_LOCK = "SELECT id FROM household WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_OF_VILLAGE = "SELECT id FROM household WHERE area_code = $1 ORDER BY id FOR NO KEY UPDATE"


async def lock_households(session: ReadSession, household_ids: Collection[UUID]) -> None:
    """Let nobody else write findings of these households before commit."""
    await (await raw(session)).execute(_LOCK, list(household_ids))


async def lock_village(session: ReadSession, area_code: str) -> list[UUID]:
    """The same for all households of a village, those dissolved as well: what was found of them ends."""
    return [row["id"] for row in await (await raw(session)).fetch(_OF_VILLAGE, area_code)]


_NEXT_VILLAGE = "SELECT min(area_code) FROM household WHERE area_code > $1"


async def next_village(session: ReadSession, reached: str) -> str | None:
    """The village after that one in which there are households."""
    found: str | None = await (await raw(session)).fetchval(_NEXT_VILLAGE, reached)
    return found
