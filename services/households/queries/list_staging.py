"""What a check of a list asks the register, and where it lays what it found."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from shared.db.bulk import stage
from shared.db.engine import ReadSession, WriteSession, raw

_AREAS = "SELECT code, name FROM area WHERE active"
_VERSIONS = """
SELECT id, version FROM household WHERE id = ANY ($1)
UNION ALL SELECT id, version FROM member WHERE id = ANY ($2)
"""
_CASES = """
SELECT household_id, state FROM monitoring_case
WHERE household_id = ANY ($1) AND state NOT IN ('dismissed', 'moved_away', 'deceased')
"""
# Who has no national code at all is in no national list.
_PEOPLE = """
SELECT m.id, m.household_id, m.area_code, m.version, m.person_key, h.national_code
FROM member m JOIN household h ON h.id = m.household_id
WHERE m.area_code = ANY ($1) AND h.class = ANY ($2) AND m.left_on IS NULL AND h.dissolved_on IS NULL
    AND h.national_code IS NOT NULL
"""
_HOUSEHOLDS = """
SELECT NULL::uuid AS id, h.id AS household_id, h.area_code, h.version, NULL::text AS person_key, h.national_code
FROM household h
WHERE h.area_code = ANY ($1) AND h.class = ANY ($2) AND h.dissolved_on IS NULL AND h.national_code IS NOT NULL
"""
_HOMES = """
SELECT key, m.household_id FROM persons_registered($1) AS of (key)
LEFT JOIN member m ON m.person_key = key AND m.left_on IS NULL
"""
_PAGE = 10_000


async def list_active_areas(session: ReadSession) -> Sequence[tuple[str, str]]:
    """All areas of today with their names."""
    return [(row["code"], row["name"]) for row in await (await raw(session)).fetch(_AREAS)]


async def find_versions(
    session: ReadSession, households: Collection[UUID], members: Collection[UUID]
) -> dict[UUID, int]:
    """Versions by id."""
    if not households and not members:
        return {}
    return dict(await (await raw(session)).fetch(_VERSIONS, list(households), list(members)))


async def find_cases(session: ReadSession, households: Collection[UUID]) -> dict[UUID, str]:
    """Where the national cases of those households stand."""
    return dict(await (await raw(session)).fetch(_CASES, list(households))) if households else {}


async def find_homes(session: ReadSession, person_keys: Collection[str]) -> dict[str, UUID | None]:
    """In which households registered people live; None: in one that the asker may not see."""
    return dict(await (await raw(session)).fetch(_HOMES, list(person_keys))) if person_keys else {}


async def list_registered(
    session: ReadSession, areas: Collection[str], classes: Collection[str], *, people: bool
) -> AsyncIterator[Sequence[Any]]:
    """Who is registered in those villages and classes, by the page: people, or households."""
    connection = await raw(session)
    cursor = await connection.cursor(_PEOPLE if people else _HOUSEHOLDS, list(areas), list(classes))
    while page := await cursor.fetch(_PAGE):
        yield page


async def stage_rows(session: WriteSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table of our own: by way of COPY, which cannot write under row-level security itself."""
    staged = await stage(session, table, columns, rows)
    listed = ", ".join(columns)
    await (await raw(session)).execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {staged}")  # noqa: S608
