"""People of working age as the jobs service is told of them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from shared.db.engine import ReadSession, WriteSession, raw


class LabourFacts(NamedTuple):
    """One person of the register, with what their household says of them; sealed values as they are kept."""

    person_key: str
    household_id: UUID
    area_code: str
    active: bool
    household_class: str
    relation: str
    sex: str
    birth_on: date
    education: str | None
    pupil: bool
    school_stage: str | None
    labour_skill: str | None
    health: list[str]
    disability_class: int | None
    disability_level: int | None
    relocated: bool
    relocation_site: str | None
    grade: str | None
    name: str
    id_number_sealed: bytes
    phone_sealed: bytes | None
    household_key: str | None


COLUMNS = """m.person_key, h.id, h.area_code, m.left_on IS NULL AS active, h.class, m.relation, m.sex, m.birth_on,
    m.education, m.pupil, m.school_stage, m.labour_skill, m.health, m.disability_class, m.disability_level,
    coalesce(m.relocated, h.relocated, false), h.relocation_site, h.grade, m.name, m.id_number_sealed, m.phone_sealed,
    h.household_key"""
"""What `LabourFacts` are made of, of member `m` and household `h`."""
_OF = "FROM member m JOIN household h ON h.id = m.household_id WHERE m.person_key = ANY ($1) AND m.birth_on <= $2"
# Each half has an index of its own. Of somebody who lives nowhere the row they left last.
BY_KEYS = f"""
SELECT {COLUMNS} {_OF} AND m.left_on IS NULL
UNION ALL (
    SELECT DISTINCT ON (m.person_key) {COLUMNS} {_OF} AND m.left_on IS NOT NULL
        AND NOT EXISTS (SELECT FROM member o WHERE o.person_key = m.person_key AND o.left_on IS NULL)
    ORDER BY m.person_key, m.left_on DESC, m.updated_at DESC
)
"""  # noqa: S608
_COME_OF_AGE = """
SELECT person_key FROM member WHERE birth_on > $1 AND birth_on <= $2 AND left_on IS NULL ORDER BY person_key
"""
_LAST_NIGHT = "SELECT max(day) FROM labour_night"
_NOTE_NIGHT = "INSERT INTO labour_night (day) VALUES ($1) ON CONFLICT DO NOTHING"
_OF_HOUSEHOLD = "SELECT person_key FROM member WHERE household_id = $1 AND left_on IS NULL"


async def list_facts(session: ReadSession, person_keys: Collection[str], born_to: date) -> Sequence[LabourFacts]:
    """Those of them who were born on that day or before."""
    rows = await (await raw(session)).fetch(BY_KEYS, list(person_keys), born_to)
    return [LabourFacts(*row) for row in rows]


async def list_born(session: ReadSession, after: date, to: date) -> Sequence[str]:
    """Keys of people who live here and were born after the one day, up to and with the other."""
    return [row["person_key"] for row in await (await raw(session)).fetch(_COME_OF_AGE, after, to)]


async def list_keys_of(session: ReadSession, household_id: UUID) -> Sequence[str]:
    """Keys of those who live in a household."""
    return [row["person_key"] for row in await (await raw(session)).fetch(_OF_HOUSEHOLD, household_id)]


async def find_last_night(session: ReadSession) -> date | None:
    """The last day up to which people who came of age were told of."""
    found: Any = await (await raw(session)).fetchval(_LAST_NIGHT)
    return found  # type: ignore[no-any-return]


async def note_night(session: WriteSession, day: date) -> None:
    """They were told of up to that day."""
    await (await raw(session)).execute(_NOTE_NIGHT, day)
