"""What the register knows of the people and households in a file."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from shared.db.engine import ReadSession, raw

_FACTS = """
SELECT wanted.key, member.household_id, member.area_code, member.household_class, EXISTS (
    SELECT FROM alert WHERE subject_key = member.household_id::text AND risk_family = $3 AND merging
        AND state IN ('reported', 'checking')) AS has_open_case
FROM unnest($1::text[]) AS wanted (key)
JOIN known_member AS member ON member.person_key = wanted.key AND member.active
UNION ALL
SELECT DISTINCT ON (wanted.key) wanted.key, member.household_id, member.area_code, member.household_class, EXISTS (
    SELECT FROM alert WHERE subject_key = member.household_id::text AND risk_family = $3 AND merging
        AND state IN ('reported', 'checking'))
FROM unnest($2::text[]) AS wanted (key)
JOIN known_member AS member ON member.household_key = wanted.key AND member.active
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """Where somebody belongs, and whether the same kind of trouble is being looked at there."""

    household_id: UUID
    area_code: str
    household_class: str
    has_open_case: bool


async def find_facts(
    session: ReadSession, person_keys: Collection[str], household_keys: Collection[str], risk_family: str
) -> dict[str, Facts]:
    """By person's or household's key; who is not in it is not known."""
    rows = await (await raw(session)).fetch(_FACTS, list(person_keys), list(household_keys), risk_family)
    return {row["key"]: Facts(*list(row.values())[1:]) for row in rows}
