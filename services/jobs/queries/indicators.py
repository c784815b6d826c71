"""Counters as they are kept, what waits to be counted anew, and where people are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.jobs.rules.indicators import Count
from shared.areas import bounds
from shared.db.engine import ReadSession, WriteSession, raw

# One index look-up for each village, however many people live there.
_VILLAGES = """
WITH RECURSIVE living (code) AS (
    (SELECT area_code FROM person WHERE active AND area_code BETWEEN $1 AND $2 ORDER BY area_code LIMIT 1)
    UNION ALL
    SELECT (SELECT area_code FROM person WHERE active AND area_code > code AND area_code <= $2
            ORDER BY area_code LIMIT 1)
    FROM living WHERE code IS NOT NULL
), told (code) AS (
    (SELECT area_code FROM labour_row WHERE month = $3 AND area_code BETWEEN $1 AND $2 ORDER BY area_code LIMIT 1)
    UNION ALL
    SELECT (SELECT area_code FROM labour_row WHERE month = $3 AND area_code > code AND area_code <= $2
            ORDER BY area_code LIMIT 1)
    FROM told WHERE code IS NOT NULL
)
SELECT code FROM living WHERE code IS NOT NULL UNION SELECT code FROM told WHERE code IS NOT NULL ORDER BY code
"""
_SUMS = """
SELECT left(area_code, $4) AS area, indicator, sum(numerator)::bigint AS numerator,
    sum(denominator)::bigint AS denominator, sum(could)::bigint AS could
FROM indicator_count
WHERE month = $1 AND area_code BETWEEN $2 AND $3 AND area_code <> ALL ($5::text[]) AND indicator = ANY ($6::text[])
GROUP BY 1, 2
"""
_STATE = """
SELECT count(*)::int AS villages, coalesce(sum(people), 0)::int AS people, coalesce(sum(rows), 0)::int AS rows,
    min(as_of) AS as_of, min(counted_at) AS counted_at
FROM indicator_state WHERE month = $1 AND area_code BETWEEN $2 AND $3
"""
_WAITING = """
SELECT DISTINCT area_code FROM indicator_due
WHERE area_code BETWEEN $1 AND $2 AND (month IS NULL OR month = ANY ($3::date[])) ORDER BY area_code
"""
_HOLDING = """
SELECT area_code FROM indicator_count
WHERE month = $1 AND area_code BETWEEN $2 AND $3 AND indicator = $4
    AND CASE $5 WHEN 'counted' THEN numerator > 0 WHEN 'could' THEN could > 0 ELSE denominator <> numerator END
ORDER BY area_code
"""
_STATES = "SELECT month, area_code, policy_id, as_of, counted_at FROM indicator_state WHERE month >= $1"
_MARK = "INSERT INTO indicator_due (area_code, month) SELECT * FROM unnest($1::text[], $2::date[])"
_TAKE_PEOPLE = "DELETE FROM indicator_due WHERE month IS NULL RETURNING area_code"
_NEXT = "SELECT DISTINCT area_code, month FROM indicator_due WHERE month IS NOT NULL ORDER BY month DESC, area_code LIMIT $1"
_TAKE = """
DELETE FROM indicator_due d USING unnest($1::text[], $2::date[]) AS taken (area_code, month)
WHERE d.area_code = taken.area_code AND d.month = taken.month
"""
_KEPT = """
SELECT s.area_code, s.month FROM indicator_state s
JOIN unnest($1::text[], $2::date[]) AS wanted (area_code, month) ON (s.area_code, s.month) = (wanted.area_code, wanted.month)
"""
_PUT_STATES = """
INSERT INTO indicator_state (month, area_code, policy_id, as_of, people, rows, counted_at)
SELECT $1, area_code, policy_id, $2, people, rows, $3
FROM unnest($4::text[], $5::uuid[], $6::int[], $7::int[]) AS counted (area_code, policy_id, people, rows)
ON CONFLICT (month, area_code) DO UPDATE SET policy_id = excluded.policy_id, as_of = excluded.as_of,
    people = excluded.people, rows = excluded.rows, counted_at = excluded.counted_at
"""
_CLEAR = "DELETE FROM indicator_count WHERE month = $1 AND area_code = ANY ($2::text[])"
_PUT_COUNTS = """
INSERT INTO indicator_count (month, area_code, indicator, numerator, denominator, could)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::int[])
"""

VillageMonth = tuple[str, date]
"""A village and a month."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Of so many villages of an area counters are kept; the oldest of them for `as_of`, counted at `counted_at`."""

    villages: int
    people: int
    rows: int
    as_of: date | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class VillageState:
    """One village, counted."""

    area_code: str
    policy_id: UUID
    people: int
    rows: int


async def list_villages(session: ReadSession, area_prefix: str, month: date) -> list[str]:
    """Where people live, or lived by the rows of that month."""
    return [row["code"] for row in await (await raw(session)).fetch(_VILLAGES, *bounds(area_prefix), month)]


async def sum_counts(
    session: ReadSession, area_prefix: str, month: date, digits: int, without: Collection[str], codes: Collection[str]
) -> dict[tuple[str, str], Count]:
    """Counters summed by the first so many digits of the villages' codes, and by indicator."""
    rows = await (await raw(session)).fetch(_SUMS, month, *bounds(area_prefix), digits, list(without), list(codes))
    return {(row["area"], row["indicator"]): Count(row["numerator"], row["denominator"], row["could"]) for row in rows}


async def find_kept(session: ReadSession, area_prefix: str, month: date) -> Kept:
    """How far the counters of an area and month are kept."""
    row = await (await raw(session)).fetchrow(_STATE, month, *bounds(area_prefix))
    assert row is not None, "an aggregate has a row"
    return Kept(**row)


async def list_waiting(session: ReadSession, area_prefix: str, months: Sequence[date]) -> list[str]:
    """Villages whose rows of one of these months, or whose people, have changed since they were counted."""
    return [row["area_code"] for row in await (await raw(session)).fetch(_WAITING, *bounds(area_prefix), list(months))]


async def list_holding(session: ReadSession, area_prefix: str, month: date, indicator: str, part: str) -> list[str]:
    """Villages where somebody belongs to that part of an indicator, by the counters."""
    rows = await (await raw(session)).fetch(_HOLDING, month, *bounds(area_prefix), indicator, part)
    return [row["area_code"] for row in rows]


async def list_states(session: ReadSession, since: date) -> dict[VillageMonth, tuple[UUID, date, datetime]]:
    """By which version, for which day and when each village was counted in the months from `since` on."""
    rows = await (await raw(session)).fetch(_STATES, since)
    return {(row["area_code"], row["month"]): (row["policy_id"], row["as_of"], row["counted_at"]) for row in rows}


async def mark(session: WriteSession, wanted: Collection[VillageMonth]) -> None:
    """Have these counted anew."""
    if wanted:
        areas, months = zip(*sorted(wanted), strict=True)
        await (await raw(session)).execute(_MARK, list(areas), list(months))


async def take_people(session: WriteSession) -> set[str]:
    """Villages whose people have changed; they are asked for no more."""
    return {row["area_code"] for row in await (await raw(session)).fetch(_TAKE_PEOPLE)}


async def take_next(session: WriteSession, limit: int) -> list[VillageMonth]:
    """Up to so many that wait, of the newest month first; they wait no more when the transaction commits."""
    connection = await raw(session)
    wanted = [(row["area_code"], row["month"]) for row in await connection.fetch(_NEXT, limit)]
    if wanted:
        areas, months = zip(*wanted, strict=True)
        await connection.execute(_TAKE, list(areas), list(months))
    return wanted


async def find_counted(session: ReadSession, wanted: Collection[VillageMonth]) -> set[VillageMonth]:
    """Those of them for which counters are kept."""
    if not wanted:
        return set()
    areas, months = zip(*wanted, strict=True)
    rows = await (await raw(session)).fetch(_KEPT, list(areas), list(months))
    return {(row["area_code"], row["month"]) for row in rows}


async def put_counts(
    session: WriteSession,
    day: date,
    states: Sequence[VillageState],
    counts: Mapping[tuple[str, str], Count],
    now: datetime,
) -> None:
    """Keep what was counted of these villages in place of what was kept before."""
    month, villages = day.replace(day=1), [one.area_code for one in states]
    connection = await raw(session)
    await connection.execute(
        _PUT_STATES,
        month,
        day,
        now,
        villages,
        [one.policy_id for one in states],
        [one.people for one in states],
        [one.rows for one in states],
    )
    await connection.execute(_CLEAR, month, villages)
    told = [(area, code, one) for (area, code), one in counts.items() if one != Count()]
    await connection.execute(
        _PUT_COUNTS,
        month,
        [area for area, _, _ in told],
        [code for _, code, _ in told],
        [one.numerator for _, _, one in told],
        [one.denominator for _, _, one in told],
        [one.could for _, _, one in told],
    )
