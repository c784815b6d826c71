"""How far the night's grading has come, and what stood when a month began."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime

from services.households.rules.grade_movement import start_of
from shared.db.engine import Database, ReadSession, WriteSession, raw

_LOCK = "SELECT pg_try_advisory_lock(hashtext('household-grading'), hashtext(current_schema()))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('household-grading'), hashtext(current_schema()))"

# From township to township by the index, for a register of 420,000 households has thirty of them.
_TOWNSHIPS = """
WITH RECURSIVE township AS (
    SELECT left(min(area_code), 9) AS code FROM household
    UNION ALL
    SELECT (SELECT left(min(h.area_code), 9) FROM household h WHERE h.area_code > township.code || '999')
    FROM township WHERE township.code IS NOT NULL
)
SELECT code FROM township WHERE code IS NOT NULL
"""
_LEFT = f"""
{_TOWNSHIPS} AND NOT EXISTS (SELECT FROM grading_progress p WHERE p.township = code AND p.graded_on >= $1)
ORDER BY code
"""
_NOTE = """
INSERT INTO grading_progress (township, graded_on, finished_at, households, changed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (township) DO UPDATE SET graded_on = excluded.graded_on, finished_at = excluded.finished_at,
    households = excluded.households, changed = excluded.changed
"""
# What stands now, less what came after that moment, and with what left after it.
STOOD = """
SELECT area, grade, sum(n)::int AS households FROM (
    SELECT counted_area AS area, grade, 1 AS n FROM household_grade
    UNION ALL
    SELECT to_area, to_grade, -1 FROM grade_change WHERE at >= {moment} AND to_area IS NOT NULL
    UNION ALL
    SELECT from_area, from_grade, 1 FROM grade_change WHERE at >= {moment} AND from_area IS NOT NULL
) counted {where} GROUP BY area, grade HAVING sum(n) <> 0
"""
_SNAPSHOT = f"""
INSERT INTO grade_snapshot (month, area_code, grade, households)
SELECT $1::date, area, grade, households FROM ({STOOD.format(moment="$2", where="")}) stood
ON CONFLICT DO NOTHING
"""  # noqa: S608


@asynccontextmanager
async def only_one(database: Database) -> AsyncIterator[bool]:
    """Whether this is the only process that grades the register; so while the block lasts, or the connection."""
    async with database.single() as connection:
        locked: bool = await connection.fetchval(_LOCK)
        try:
            yield locked
        finally:
            if locked and not connection.is_closed():
                await connection.execute(_UNLOCK)


async def list_left(session: ReadSession, today: date) -> list[str]:
    """Townships (nine digits) with households that have not been graded on that day."""
    return [row["code"] for row in await (await raw(session)).fetch(_LEFT, today)]


async def list_townships(session: ReadSession) -> list[str]:
    """Townships in sight that have households, in order."""
    return [row["code"] for row in await (await raw(session)).fetch(f"{_TOWNSHIPS} ORDER BY code")]


async def note_township(
    session: WriteSession, township: str, today: date, households: int, changed: int, now: datetime
) -> None:
    """A township has been graded."""
    await (await raw(session)).execute(_NOTE, township, today, now, households, changed)


async def last_snapshot(session: ReadSession) -> date | None:
    """The month that was taken last."""
    month: date | None = await (await raw(session)).fetchval("SELECT max(month) FROM grade_snapshot")
    return month


async def take_snapshot(session: WriteSession, month: date) -> None:
    """Keep what stood when the month began, reckoned back from today; once."""
    await (await raw(session)).execute(_SNAPSHOT, month, start_of(month))
