"""What a check of a list asks the register, and where it lays what it found."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from shared.db.bulk import stage
from shared.db.engine import ReadSession, WriteSession, raw

# The one that is not over comes first; else the last that was.
_CASES = """
SELECT DISTINCT ON (household_id) household_id, state FROM monitoring_case WHERE household_id = ANY ($1)
ORDER BY household_id, state IN ('dismissed', 'moved_away', 'deceased'), id DESC
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
_LIVING = "SELECT household_id, count(*) FROM member WHERE household_id = ANY ($1) AND left_on IS NULL GROUP BY 1"
_PAGE = 10_000


async def find_cases(session: ReadSession, households: Collection[UUID]) -> dict[UUID, str]:
    """Where the national cases of those households stand, or stood when they were over."""
    return dict(await (await raw(session)).fetch(_CASES, list(households))) if households else {}


async def count_living(session: ReadSession, households: Collection[UUID]) -> dict[UUID, int]:
    """How many people live in each of those households; nobody: it is not there."""
    return dict(await (await raw(session)).fetch(_LIVING, list(households))) if households else {}


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


_ARRAYS = frozenset({"fields", "health"})
"""Columns whose values come as array literals: of an array the driver looks at each element in Python."""


def array(codes: Iterable[str]) -> str:
    """Codes as such a literal."""
    return "{" + ",".join(codes) + "}"


def cast(columns: Sequence[str]) -> str:
    """The columns as they are inserted from where they were copied to."""
    return ", ".join(f"{name}::text[]" if name in _ARRAYS else name for name in columns)


def like(columns: Sequence[str]) -> list[str]:
    """The columns as they are where they are copied to: COPY cannot write under row-level security itself."""
    return [f"NULL::text AS {name}" if name in _ARRAYS else name for name in columns]


async def stage_rows(session: WriteSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Add rows to a table of our own; the table they are copied from stands until the next ones, and is returned."""
    copied = await stage(session, table, columns, rows, like(columns))
    listed = ", ".join(columns)
    await (await raw(session)).execute(f"INSERT INTO {table} ({listed}) SELECT {cast(columns)} FROM {copied}")  # noqa: S608
    return copied
