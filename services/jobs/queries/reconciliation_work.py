"""What a comparison asks the ledger, and where it lays what it found; by the month, as every statement on the ledger."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.areas import span
from shared.db.bulk import stage
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.listening import Listener

PART, PAGE = 20_000, 5_000
COLUMNS = (
    *("id", "run_id", "area_code", "outcome", "person_id", "person_key", "fields", "sealed", "file", "sheet"),
    *("row_number", "looked_at"),
)
_STATED = (
    *("r.person_id", "r.area_code", "r.status", "r.work_area", "r.employer_name_sealed", "r.industry", "r.trade"),
    *("r.wage", "r.channel", "r.point_to_point", "r.started_on", "r.ended_on"),
)
_SELECT = f"SELECT {', '.join(_STATED)}, p.person_key, p.household_class FROM labour_row r"  # noqa: S608
_LEDGER = f"""
{_SELECT} JOIN person p ON p.id = r.person_id
WHERE r.month = $1 AND r.area_code BETWEEN $2 AND $3 ORDER BY left(p.person_key, 1) COLLATE "C"
"""
_OF_PEOPLE = f"{_SELECT} JOIN person p ON p.id = r.person_id WHERE r.month = $1 AND r.person_id = ANY ($2)"
_COUNT = "SELECT count(*) FROM labour_row r WHERE r.month = $1 AND r.area_code BETWEEN $2 AND $3"
_REGISTERED = "SELECT person_key, id, area_code FROM person WHERE person_key = ANY ($1) AND active"
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
# One person, one key for both sides: with OR in its place every row would be held against every other.
_WHO = "coalesce({0}.person_id::text, {0}.person_key)"
_HAND_OVER = f"""
WITH asked AS MATERIALIZED (
    SELECT {_WHO.format("old")} AS who, min(t.id::text)::uuid AS task_id
    FROM labour_task t JOIN reconciliation_row old ON old.task_id = t.id JOIN reconciliation e ON e.id = old.run_id
    WHERE t.kind = 'correct_row' AND t.state = 'open' AND e.id <> $1 AND e.source = $2 AND e.month <= $3
        AND e.state = 'done' AND old.area_code BETWEEN $4 AND $5 AND old.settled IS NULL
    GROUP BY 1
)
UPDATE reconciliation_row new SET task_id = asked.task_id FROM asked
WHERE new.run_id = $1 AND new.outcome <> 'same' AND {_WHO.format("new")} = asked.who
"""  # noqa: S608

_CLOSE = """
UPDATE labour_task t SET state = 'done', outcome = 'corrected', closed_at = $2, version = t.version + 1
WHERE t.id = ANY ($1) AND t.kind = 'correct_row' AND t.state = 'open'
    AND NOT EXISTS (SELECT FROM reconciliation_row r WHERE r.task_id = t.id AND r.settled IS NULL AND r.outcome <> 'same')
RETURNING t.id
"""
# Whoever has moved since is asked about where they live now; who is gone, or out of sight, nobody is asked about.
# A village that says of a difference that its own row is right is not asked again as long as nothing else differs.
_TO_ASK = """
WITH upheld AS MATERIALIZED (
    SELECT o.person_id, o.outcome, o.fields FROM labour_task t
        JOIN reconciliation_row o ON o.task_id = t.id JOIN reconciliation e ON e.id = o.run_id
    WHERE t.kind = 'correct_row' AND t.state = 'done' AND t.outcome = 'row_is_right' AND e.source = $5
), unsettled AS MATERIALIZED (
    SELECT r.id, coalesce(p.area_code, r.area_code) AS area_code, r.person_id, r.outcome
    FROM reconciliation_row r LEFT JOIN person p ON p.id = r.person_id AND p.active
    WHERE r.run_id = $1 AND r.outcome = ANY ($2) AND r.settled IS NULL AND r.task_id IS NULL
        AND (r.person_id IS NULL OR p.id IS NOT NULL)
        AND (
            r.person_id IS NULL OR (r.person_id, r.outcome, r.fields::text) NOT IN (
                SELECT person_id, outcome, fields::text FROM upheld WHERE person_id IS NOT NULL
            )
        )
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY area_code ORDER BY array_position($2::text[], outcome), id) AS place
    FROM unsettled WHERE area_code LIKE ANY ($4)
), open_now AS MATERIALIZED (
    SELECT area_code, count(*) AS tasks FROM labour_task WHERE kind = 'correct_row' AND state = 'open' GROUP BY area_code
)
SELECT n.id, n.area_code, n.person_id FROM numbered n LEFT JOIN open_now o ON o.area_code = n.area_code
WHERE n.place <= $3 - coalesce(o.tasks, 0) ORDER BY n.id
"""
# One person, one task: what another comparison asked about them already is not asked twice.
_JOIN_OPEN = f"""
WITH asked AS MATERIALIZED (
    SELECT {_WHO.format("old")} AS who, min(t.id::text)::uuid AS task_id
    FROM labour_task t JOIN reconciliation_row old ON old.task_id = t.id
    WHERE t.kind = 'correct_row' AND t.state = 'open' AND old.run_id <> $1 GROUP BY 1
)
UPDATE reconciliation_row new SET task_id = asked.task_id FROM asked
WHERE new.run_id = $1 AND new.settled IS NULL AND new.task_id IS NULL AND new.outcome = ANY ($2)
    AND new.area_code LIKE ANY ($3) AND {_WHO.format("new")} = asked.who
"""  # noqa: S608
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


async def count_ledger(session: ReadSession, month: date, area_code: str) -> int:
    """How many people the ledger has in that month."""
    return int(await (await raw(session)).fetchval(_COUNT, month, *span(area_code)))


async def stream_ledger(session: ReadSession, month: date, area_code: str) -> AsyncIterator[Sequence[Any]]:
    """Rows of the ledger as they are now, with the key and class of each person, in the order of the keys' first
    letters; by the page. Sorting a county takes longer than a request may."""
    connection = await raw(session)
    await connection.execute("SET LOCAL statement_timeout = 0")
    cursor = await connection.cursor(_LEDGER, month, *span(area_code))
    while page := await cursor.fetch(PAGE):
        yield page


async def find_ledger(session: ReadSession, month: date, people: Collection[UUID]) -> dict[UUID, Any]:
    """The same of some people."""
    found = await (await raw(session)).fetch(_OF_PEOPLE, month, list(people))
    return {row["person_id"]: row for row in found}


async def find_registered(session: ReadSession, keys: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """Who of them the register knows, and where they live."""
    found = await (await raw(session)).fetch(_REGISTERED, list(keys))
    return {row["person_key"]: (row["id"], row["area_code"]) for row in found}


async def make_parts(connection: Listener) -> None:
    """A table of the connection's own, empty."""
    await drop_parts(connection)
    await connection.execute(
        "CREATE TEMP TABLE export_part (at int GENERATED ALWAYS AS IDENTITY, letter text, rows bytea)"
    )


async def drop_parts(connection: Listener) -> None:
    """What lies in it goes."""
    await connection.execute("DROP TABLE IF EXISTS pg_temp.export_part")


async def add_parts(connection: Listener, parts: Sequence[tuple[str, bytes]]) -> None:
    """Sealed rows of an export, by the first letter of the keys they are about."""
    await connection.copy_records_to_table(
        "export_part", records=parts, columns=["letter", "rows"], schema_name="pg_temp"
    )


async def list_parts(connection: Listener, letters: Sequence[str]) -> Sequence[bytes]:
    """Those of some letters, in the order they came."""
    query = "SELECT rows FROM pg_temp.export_part WHERE letter = ANY ($1) ORDER BY at"
    return [row["rows"] for row in await connection.fetch(query, list(letters))]


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
    low, high = span(area_code)
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
