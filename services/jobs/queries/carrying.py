"""A month carried forward, in one statement (docs/decisions/0029), and partitions for the months to come."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.ledger import COLUMNS
from services.jobs.rules.ledger import MAY_SAY
from services.jobs.rules.months import move
from shared.db.engine import WriteSession, raw

_ENDED = "(r.status = 'out' AND r.ended_on < $1)"
_GIVEN = {
    "month": "$1",
    "area_code": "p.area_code",
    "status": f"CASE WHEN {_ENDED} THEN 'not_out' ELSE r.status END",
    "confirmed_on": "NULL",
    "confirmed_by": "NULL",
    "source": "'carried'",
    "version": "1",
    "changed_at": "$3",
    "changed_by": "NULL",
}
_KEPT = {"person_id", *MAY_SAY["not_out"]}
"""What stays of one whose work has ended."""


def _carried(column: str) -> str:
    if column in _GIVEN:
        return _GIVEN[column]
    return f"r.{column}" if column in _KEPT else f"CASE WHEN NOT coalesce({_ENDED}, false) THEN r.{column} END"


_CARRY = f"""
INSERT INTO labour_row ({", ".join(COLUMNS)})
SELECT {", ".join(map(_carried, COLUMNS))}
FROM labour_row AS r JOIN person AS p ON p.id = r.person_id AND p.active
WHERE r.month = $2
"""  # noqa: S608
_CARRY_ALL = f"{_CARRY} ON CONFLICT (person_id, month) DO NOTHING"
_CARRY_SOME = f"{_CARRY} AND r.person_id = ANY ($4) ON CONFLICT (person_id, month) DO NOTHING"

_COUNT = f"""
SELECT count(*) FILTER (WHERE {_ENDED.replace("$1", ":month")}), count(*) FILTER (WHERE NOT p.active)
FROM labour_row AS r JOIN person AS p ON p.id = r.person_id WHERE r.month = :before
"""  # noqa: S608
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('shouwang-ledger-carry'))")
_DONE = text("SELECT EXISTS (SELECT FROM ledger_month WHERE month = :month)")
_NO_LIMIT = text("SET LOCAL statement_timeout = 0")
_NOTE = text(
    "INSERT INTO ledger_month (month, carried_at, carried, ended, left_out) VALUES (:month, :at, :n, :ended, :left)"
)


async def take_turn(session: WriteSession) -> None:
    """One carries at a time, until its commit; and it takes as long as it takes."""
    await session.execute(_TURN)
    await session.execute(_NO_LIMIT)


async def is_carried(session: WriteSession, month: date) -> bool:
    """Whether the month before was carried into `month`."""
    return bool(await session.scalar(_DONE, {"month": month}))


async def find_last_carried(session: WriteSession) -> date | None:
    """The newest month that was carried forward."""
    found: date | None = await session.scalar(text("SELECT max(month) FROM ledger_month"))
    return found


async def carry_all(session: WriteSession, month: date, now: datetime) -> int:
    """Everybody's row of the month before, of those who still live here and have none in `month`; how many."""
    done = await (await raw(session)).execute(_CARRY_ALL, month, move(month, -1), now)
    return int(done.rpartition(" ")[2])


async def carry_some(session: WriteSession, month: date, people: Collection[UUID], now: datetime) -> None:
    """The same for some people."""
    await (await raw(session)).execute(_CARRY_SOME, month, move(month, -1), now, list(people))


async def note_carried(session: WriteSession, month: date, carried: int, now: datetime) -> None:
    """Put on record that it was done, and what was not carried as it stood."""
    ended, left = (await session.execute(text(_COUNT), {"month": month, "before": move(month, -1)})).one()
    await session.execute(_NOTE, {"month": month, "at": now, "n": carried, "ended": ended, "left": left})


async def make_months(session: WriteSession, first: date, last: date) -> int:
    """Partitions for these months, where there are none; how many were made."""
    return int(
        await session.scalar(text("SELECT make_ledger_months(:first, :last)"), {"first": first, "last": last}) or 0
    )


_FOLLOW = """
WITH old AS (
    SELECT r.person_id, r.area_code AS before, p.area_code AS after
    FROM person AS p JOIN labour_row AS r ON r.person_id = p.id AND r.month = $1
    WHERE p.person_key = ANY ($2) AND p.active AND r.area_code <> p.area_code
), moved AS (
    UPDATE labour_row AS r SET area_code = old.after, version = r.version + 1, changed_at = $3
    FROM old WHERE r.month = $1 AND r.person_id = old.person_id
    RETURNING r.person_id, r.source, r.version, old.before, old.after
)
INSERT INTO labour_change (id, month, person_id, area_code, what, source, at, version, fields, detail)
SELECT uuidv7(), $1, person_id, after, 'moved', source, $3, version, ARRAY['area_code'],
    jsonb_build_object('area_code', jsonb_build_array(before, after))
FROM moved
"""


async def follow_people(session: WriteSession, month: date, now: datetime, person_keys: Collection[str]) -> None:
    """Rows of `month` go along to where these people live now."""
    await (await raw(session)).execute(_FOLLOW, month, list(person_keys), now)
