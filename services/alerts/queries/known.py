"""What the register knows of the people and households that are reported."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from services.alerts.rules import screening_rules
from shared.db.bulk import LINES, as_lines

Connection: TypeAlias = "asyncpg.Connection[Any]"

_FACTS = f"""
SELECT wanted.key, member.household_id, member.area_code, member.household_class, EXISTS (
    SELECT FROM alert WHERE subject_key = member.household_id::text AND risk_family = $3 AND merging
        AND state IN ('reported', 'checking')) AS has_open_case
FROM unnest({LINES.format("$1")}) AS wanted (key)
JOIN known_member AS member ON member.person_key = wanted.key AND member.active
UNION ALL
SELECT DISTINCT ON (wanted.key) wanted.key, member.household_id, member.area_code, member.household_class, EXISTS (
    SELECT FROM alert WHERE subject_key = member.household_id::text AND risk_family = $3 AND merging
        AND state IN ('reported', 'checking'))
FROM unnest({LINES.format("$2")}) AS wanted (key)
JOIN known_member AS member ON member.household_key = wanted.key AND member.active
"""  # noqa: S608

_KNOWN = f"""
SELECT member.household_class, member.household_class IS NOT NULL AND EXISTS (
    SELECT FROM alert WHERE subject_key = member.household_id::text AND risk_family = wanted.risk_family AND merging
        AND state IN ('reported', 'checking')) AS has_open_case
FROM unnest({LINES.format("$1")}, {LINES.format("$2")}, {LINES.format("$3")}) WITH ORDINALITY
    AS wanted (person_key, household_key, risk_family, place)
LEFT JOIN LATERAL (
    (SELECT household_id, household_class FROM known_member WHERE person_key = wanted.person_key AND active)
    UNION ALL
    (SELECT household_id, household_class FROM known_member WHERE household_key = wanted.household_key AND active
     LIMIT 1)
) AS member ON true
ORDER BY place
"""  # noqa: S608


class Asked(NamedTuple):
    """Of whom the register is asked, and of which kind of trouble. An alert about areas has neither key."""

    person_key: str | None
    household_key: str | None
    risk_family: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Where somebody belongs, and whether the same kind of trouble is being looked at there."""

    household_id: UUID
    area_code: str
    household_class: str
    has_open_case: bool


async def find_facts(
    connection: Connection, person_keys: Collection[str], household_keys: Collection[str], risk_family: str
) -> dict[str, Facts]:
    """By person's or household's key, in one statement; who is not in it is not known."""
    rows = await connection.fetch(_FACTS, as_lines(person_keys), as_lines(household_keys), risk_family)
    return {row["key"]: Facts(*list(row.values())[1:]) for row in rows}


async def look_up(connection: Connection, asked: Sequence[Asked]) -> list[screening_rules.Facts]:
    """What rules may ask of each of these, in their order, in one statement; whom nobody knows is a stranger."""
    rows = await connection.fetch(_KNOWN, *map(as_lines, zip(*asked, strict=True)))
    return [screening_rules.facts_of(of_class, has_open_case=open_case) for of_class, open_case in rows]
