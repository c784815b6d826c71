"""The copy of the labour force: many records at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.contracts.grades import GradeRecord
from shared.contracts.labour import GoneRecord
from shared.db.engine import WriteSession, raw

COLUMNS = (
    ("id", "uuid"),
    ("person_key", "text"),
    ("household_id", "uuid"),
    ("area_code", "text"),
    ("active", "bool"),
    ("household_class", "text"),
    ("relation", "text"),
    ("sex", "text"),
    ("birth_on", "date"),
    ("education", "text"),
    ("pupil", "bool"),
    ("school_stage", "text"),
    ("labour_skill", "text"),
    ("health", "text"),
    ("disability_class", "int2"),
    ("disability_level", "int2"),
    ("relocated", "bool"),
    ("relocation_site", "text"),
    ("grade", "text"),
    ("graded_at", "timestamptz"),
    ("name_sealed", "bytea"),
    ("id_number_sealed", "bytea"),
    ("phone_sealed", "bytea"),
    ("changed_at", "timestamptz"),
)
"""In the order of a row; `health` travels as one text, for arrays of arrays must be of one length."""

_NAMES = ", ".join(name for name, _ in COLUMNS)
_READ = ", ".join("string_to_array(health, ',') AS health" if name == "health" else name for name, _ in COLUMNS)
_FACTS = ", ".join(
    f"{name} = excluded.{name}" for name, _ in COLUMNS if name not in ("id", "person_key", "grade", "graded_at")
)
# Equal moments are decided by the record itself, so that every order of delivery ends the same. Of the grade the later
# word counts, whichever of the two events brought it; a record that is old in all else may still bring none.
_UPSERT = f"""
INSERT INTO person ({_NAMES})
SELECT DISTINCT ON (person_key) {_READ} FROM unnest({", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(COLUMNS, 1))})
    AS new ({_NAMES})
ORDER BY person_key, changed_at DESC, active DESC, household_id DESC
ON CONFLICT (person_key) DO UPDATE SET {_FACTS},
    grade = CASE WHEN excluded.graded_at > person.graded_at OR excluded.household_id <> person.household_id
        THEN excluded.grade ELSE person.grade END,
    graded_at = CASE WHEN excluded.household_id <> person.household_id THEN excluded.graded_at
        ELSE greatest(excluded.graded_at, person.graded_at) END
WHERE (excluded.changed_at, excluded.active, excluded.household_id)
    > (person.changed_at, person.active, person.household_id)
RETURNING id, person_key
"""  # noqa: S608

# The upsert itself would take them in the order of the index it meets; whoever places people goes by their ids. As strong as
# the upsert's own lock, so that no lock is made stronger while others are held.
_LOCK_KEYS = "SELECT FROM person WHERE person_key = ANY ($1) ORDER BY id FOR UPDATE"
_LOCK_HOUSEHOLDS = "SELECT FROM person WHERE household_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"

_GRADE = """
UPDATE person SET grade = new.grade, graded_at = new.changed_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (household_id, grade, changed_at)
WHERE person.household_id = new.household_id AND person.graded_at < new.changed_at
"""

_GONE = """
UPDATE person SET active = false, changed_at = new.changed_at
FROM unnest($1::text[], $2::timestamptz[]) AS new (person_key, changed_at)
WHERE person.person_key = new.person_key AND person.changed_at < new.changed_at
"""

PersonRow = tuple[Any, ...]
"""The columns of one person, as in `COLUMNS`."""


class Taken(NamedTuple):
    """Somebody whose record was new or newer than what was known."""

    id: UUID
    person_key: str


async def lock_people(session: WriteSession, person_keys: Collection[str]) -> None:
    """Hold those of them that are known until the commit, in the order of their ids, as everywhere: before any write."""
    await (await raw(session)).execute(_LOCK_KEYS, list(person_keys))


async def upsert_people(session: WriteSession, rows: Sequence[PersonRow]) -> Sequence[Taken]:
    """Keep the newest record of each person; those whose record counted."""
    ordered = sorted(rows, key=lambda row: row[1])  # two batches bring the same new people in the same order
    found = await (await raw(session)).fetch(_UPSERT, *map(list, zip(*ordered, strict=True)))
    return [Taken(row["id"], row["person_key"]) for row in found]


async def mark_gone(session: WriteSession, records: Sequence[GoneRecord]) -> None:
    """Whom nobody knows by that number any more."""
    keys, moments = [one.person_key for one in records], [one.changed_at for one in records]
    await (await raw(session)).execute(_GONE, keys, moments)


async def write_grades(session: WriteSession, records: Sequence[GradeRecord]) -> None:
    """The newest grade of each household, for all its people."""
    newest: dict[UUID, tuple[datetime, str | None]] = {}
    for one in records:
        if one.household_id not in newest or newest[one.household_id][0] < one.changed_at:
            newest[one.household_id] = (one.changed_at, one.grade)
    ids = sorted(newest)
    connection = await raw(session)
    await connection.execute(_LOCK_HOUSEHOLDS, ids)
    await connection.execute(_GRADE, ids, [newest[i][1] for i in ids], [newest[i][0] for i in ids])
