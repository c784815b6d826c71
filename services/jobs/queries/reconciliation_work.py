"""What a comparison asks the ledger, and where it lays what it found; by the month, as every statement on the ledger."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.areas import CODE_LENGTH, AreaCode, prefix
from shared.db.bulk import stage
from shared.db.engine import ReadSession, WriteSession, raw

PART = 20_000
COLUMNS = (
    *("id", "run_id", "area_code", "outcome", "person_id", "person_key", "fields", "sealed", "file", "sheet"),
    *("row_number", "looked_at"),
)
_STATED = (
    *("r.person_id", "r.area_code", "r.status", "r.work_area", "r.employer_name_sealed", "r.industry", "r.trade"),
    *("r.wage", "r.channel", "r.point_to_point", "r.started_on", "r.ended_on"),
)
_SELECT = f"SELECT {', '.join(_STATED)}, p.person_key, p.household_class FROM labour_row r"  # noqa: S608
_PAGE = f"""
{_SELECT} JOIN person p ON p.id = r.person_id
WHERE r.month = $1 AND r.area_code BETWEEN $2 AND $3 AND r.person_id > $4 ORDER BY r.person_id LIMIT $5
"""
_OF_PEOPLE = f"{_SELECT} JOIN person p ON p.id = r.person_id WHERE r.month = $1 AND r.person_id = ANY ($2)"
_COUNT = "SELECT count(*) FROM labour_row r WHERE r.month = $1 AND r.area_code BETWEEN $2 AND $3"
_REGISTERED = "SELECT person_key, id, area_code FROM person WHERE person_key = ANY ($1) AND active"
_AREAS = "SELECT code, name FROM area WHERE active"
_LIKE = ["NULL::text AS fields" if name == "fields" else name for name in COLUMNS]
_CAST = ", ".join("fields::text[]" if name == "fields" else name for name in COLUMNS)
_FORGET = f"""
DELETE FROM reconciliation_row WHERE id IN (SELECT id FROM reconciliation_row WHERE run_id = $1 LIMIT {PART})
"""  # noqa: S608

# Earlier comparisons with the same source, of this month or one before, as far as this one looks: what they found is
# overtaken, whatever this one found. Of who still differs the task goes over to the new row.
_OVERTAKE = """
UPDATE reconciliation_row old SET settled = 'later', settled_at = $6 FROM reconciliation e
WHERE old.run_id = e.id AND e.id <> $1 AND e.source = $2 AND e.month <= $3
    AND e.state = 'done' AND old.area_code BETWEEN $4 AND $5 AND old.settled IS NULL AND old.outcome <> 'same'
RETURNING old.task_id
"""
_HAND_OVER = """
UPDATE reconciliation_row new SET task_id = old.task_id
FROM reconciliation_row old, reconciliation e, labour_task t
WHERE new.run_id = $1 AND new.outcome <> 'same' AND old.run_id = e.id AND e.id <> $1 AND e.source = $2
    AND e.month <= $3 AND e.state = 'done' AND old.area_code BETWEEN $4 AND $5 AND old.settled IS NULL
    AND t.id = old.task_id AND t.state = 'open'
    AND (old.person_id = new.person_id OR old.person_key = new.person_key)
"""

_CLOSE = """
UPDATE labour_task t SET state = 'done', outcome = 'corrected', closed_at = $2, version = t.version + 1
WHERE t.id = ANY ($1) AND t.kind = 'correct_row' AND t.state = 'open'
    AND NOT EXISTS (SELECT FROM reconciliation_row r WHERE r.task_id = t.id AND r.settled IS NULL AND r.outcome <> 'same')
RETURNING t.id
"""
# A village that says of a difference that its own row is right is not asked again as long as nothing else differs.
_TO_ASK = """
WITH unsettled AS (
    SELECT r.id, r.area_code, r.person_id, r.person_key, r.outcome,
        row_number() OVER (PARTITION BY r.area_code ORDER BY array_position($2::text[], r.outcome), r.id) AS place
    FROM reconciliation_row r
    WHERE r.run_id = $1 AND r.outcome = ANY ($2) AND r.settled IS NULL AND r.task_id IS NULL
        AND r.area_code LIKE ANY ($4)
        AND NOT EXISTS (
            SELECT FROM reconciliation_row o JOIN reconciliation e ON e.id = o.run_id
                JOIN labour_task t ON t.id = o.task_id
            WHERE e.source = $5 AND o.person_id = r.person_id AND o.outcome = r.outcome AND o.fields = r.fields
                AND t.state = 'done' AND t.outcome = 'row_is_right'
        )
)
SELECT id, area_code, person_id FROM unsettled u
WHERE place <= $3 - (
    SELECT count(*) FROM labour_task t WHERE t.area_code = u.area_code AND t.kind = 'correct_row' AND t.state = 'open'
)
ORDER BY id
"""
# One person, one task: what another comparison asked about them already is not asked twice.
_JOIN_OPEN = """
UPDATE reconciliation_row new SET task_id = t.id
FROM reconciliation_row old JOIN labour_task t ON t.id = old.task_id
WHERE new.run_id = $1 AND new.settled IS NULL AND new.task_id IS NULL AND new.outcome = ANY ($2)
    AND new.area_code LIKE ANY ($3) AND old.run_id <> $1 AND t.state = 'open' AND t.kind = 'correct_row'
    AND (old.person_id = new.person_id OR old.person_key = new.person_key)
"""
_TAKE_TASKS = """
UPDATE reconciliation_row r SET task_id = t.id FROM labour_task t
WHERE r.id = ANY ($1) AND t.subject_id = r.id AND t.kind = 'correct_row' AND t.state = 'open'
"""
_CORRECTED = """
SELECT r.id, r.run_id, r.person_id, e.month FROM reconciliation_row r
JOIN reconciliation e ON e.id = r.run_id
LEFT JOIN labour_row l ON l.month = e.month AND l.person_id = r.person_id
WHERE r.task_id IS NOT NULL AND r.settled IS NULL AND r.person_id IS NOT NULL AND e.state = 'done'
    AND e.deleted_at IS NULL AND (l.changed_at > r.looked_at OR (l.person_id IS NULL AND r.outcome = 'only_here'))
ORDER BY r.id LIMIT $1
"""


def bounds(area_code: str) -> tuple[str, str]:
    """The lowest and highest code within an area."""
    digits = prefix(AreaCode(area_code))
    return digits.ljust(CODE_LENGTH, "0"), digits.ljust(CODE_LENGTH, "9")


async def list_active_areas(session: ReadSession) -> Sequence[tuple[str, str]]:
    """All areas of today with their names."""
    return [(row["code"], row["name"]) for row in await (await raw(session)).fetch(_AREAS)]


async def count_ledger(session: ReadSession, month: date, area_code: str) -> int:
    """How many people the ledger has in that month."""
    return int(await (await raw(session)).fetchval(_COUNT, month, *bounds(area_code)))


async def list_ledger(session: ReadSession, month: date, area_code: str, after: UUID, limit: int) -> Sequence[Any]:
    """Rows of the ledger with the person's key and class, by person."""
    return list(await (await raw(session)).fetch(_PAGE, month, *bounds(area_code), after, limit))


async def find_ledger(session: ReadSession, month: date, people: Collection[UUID]) -> dict[UUID, Any]:
    """The same of some people."""
    found = await (await raw(session)).fetch(_OF_PEOPLE, month, list(people))
    return {row["person_id"]: row for row in found}


async def find_registered(session: ReadSession, keys: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """Who of them the register knows, and where they live."""
    found = await (await raw(session)).fetch(_REGISTERED, list(keys))
    return {row["person_key"]: (row["id"], row["area_code"]) for row in found}


async def lay_rows(session: WriteSession, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows with `COLUMNS`; `fields` as an array literal. By way of a COPY, which row-level security has not."""
    staged = await stage(session, "reconciliation_row", COLUMNS, rows, _LIKE)
    insert = f"INSERT INTO reconciliation_row ({', '.join(COLUMNS)}) SELECT {_CAST} FROM {staged}"  # noqa: S608
    await (await raw(session)).execute(insert)


async def forget_some_rows(session: WriteSession, run_id: UUID) -> bool:
    """Delete a part of what a comparison found; whether there may be more."""
    done = await (await raw(session)).execute(_FORGET, run_id)
    return int(done.rpartition(" ")[2]) == PART


async def overtake(
    session: WriteSession, run_id: UUID, source: str, month: date, area_code: str, now: datetime
) -> set[UUID]:
    """Settle what earlier comparisons with that source found, and hand their tasks on; the tasks of settled rows."""
    connection = await raw(session)
    low, high = bounds(area_code)
    await connection.execute(_HAND_OVER, run_id, source, month, low, high)
    rows = await connection.fetch(_OVERTAKE, run_id, source, month, low, high, now)
    return {row["task_id"] for row in rows if row["task_id"] is not None}


async def close_answered(session: WriteSession, task_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Close those tasks behind which nothing differs any more."""
    return [row["id"] for row in await (await raw(session)).fetch(_CLOSE, list(task_ids), now)]


async def join_open_tasks(session: WriteSession, run_id: UUID, outcomes: Sequence[str], areas: Sequence[str]) -> None:
    """Put rows behind the tasks that people have already. `areas`: LIKE patterns."""
    await (await raw(session)).execute(_JOIN_OPEN, run_id, list(outcomes), list(areas))


async def list_to_ask(
    session: ReadSession, run_id: UUID, source: str, outcomes: Sequence[str], most: int, areas: Sequence[str]
) -> Sequence[Any]:
    """Rows that get a task: in each village so many that no more than `most` are open."""
    found = await (await raw(session)).fetch(_TO_ASK, run_id, list(outcomes), most, list(areas), source)
    return list(found)


async def take_tasks(session: WriteSession, row_ids: Collection[UUID]) -> None:
    """Note with each row the task that was opened for it."""
    await (await raw(session)).execute(_TAKE_TASKS, list(row_ids))


async def list_corrected(session: ReadSession, limit: int) -> Sequence[Any]:
    """Rows with a task whose ledger row has changed since it was looked at."""
    return list(await (await raw(session)).fetch(_CORRECTED, limit))
