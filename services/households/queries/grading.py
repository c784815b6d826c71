"""Grades as they stand, held for change, and written by the set."""

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg
import orjson
import polars as pl

from services.households.rules.grading import Current, Noted, Override
from shared.areas import bounds
from shared.db.engine import ReadSession, WriteSession, raw
from shared.ids import new_id

# Who is being changed by somebody else is passed over: an import may hold a household for minutes.
_LOCK = "SELECT id FROM household WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
_HELD = """
SELECT h.id, h.area_code, h.dissolved_on IS NOT NULL AS dissolved, g.grade, g.since, g.calculated, g.calculated_since,
    g.reasons::text AS reasons, g.policy_id, g.override_id, g.counted_area,
    o.id AS live_id, o.grade AS live_grade, o.until AS live_until
FROM household h
LEFT JOIN household_grade g ON g.household_id = h.id
LEFT JOIN grade_override o ON o.household_id = h.id AND o.ended_at IS NULL
WHERE h.id = ANY ($1)
"""
_CLEARED = """
SELECT household_id, max(at) AS at FROM grade_change
WHERE household_id = ANY ($1) AND to_grade = 'green' AND from_grade IN ('yellow', 'red') GROUP BY 1
"""
_PUT = """
INSERT INTO household_grade (household_id, area_code, grade, since, calculated, calculated_since, reasons, policy_id,
    override_id, counted_area)
SELECT id, area, grade, since, calculated, calculated_since, reasons::jsonb, policy_id, override_id, area
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::text[],
    $8::uuid[], $9::uuid[]) AS new (id, area, grade, since, calculated, calculated_since, reasons, policy_id, override_id)
ON CONFLICT (household_id) DO UPDATE SET grade = excluded.grade, since = excluded.since,
    calculated = excluded.calculated, calculated_since = excluded.calculated_since, reasons = excluded.reasons,
    policy_id = excluded.policy_id, override_id = excluded.override_id, counted_area = excluded.counted_area
"""
_TO_HOUSEHOLD = """
UPDATE household SET grade = new.grade FROM unnest($1::uuid[], $2::text[]) AS new (id, grade)
WHERE household.id = new.id AND household.grade IS DISTINCT FROM new.grade
"""
_NOTE = """
INSERT INTO grade_change (id, household_id, area_code, at, kind, from_grade, from_area, to_grade, to_area, reasons,
    policy_id, override_id, by)
SELECT id, household_id, area_code, at, kind, from_grade, from_area, to_grade, to_area, reasons::jsonb, policy_id,
    override_id, by
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::uuid[]) AS new (id, household_id, area_code, at, kind,
    from_grade, from_area, to_grade, to_area, reasons, policy_id, override_id, by)
"""
_ADVANCE = """
UPDATE household_grade SET policy_id = $3 WHERE household_id IN (
    SELECT household_id FROM household_grade WHERE household_id = ANY ($1) AND policy_id = $2 FOR UPDATE SKIP LOCKED)
"""
_STORED = """
SELECT household_id, calculated, reasons::text, policy_id, counted_area
FROM household_grade WHERE area_code BETWEEN $1 AND $2
"""
_STORED_SCHEMA = {
    "household_id": pl.String,
    "calculated": pl.String,
    "reasons": pl.String,
    "policy_id": pl.String,
    "counted_area": pl.String,
}


@dataclass(frozen=True, slots=True)
class Held:
    """A household that nobody else grades until commit."""

    household_id: UUID
    area_code: str
    dissolved: bool
    current: Current | None
    override: Override | None
    until: date | None  # the last day of the override


async def hold(session: WriteSession, household_ids: Collection[UUID]) -> tuple[list[Held], list[UUID]]:
    """The households with their grades, locked, and those that others hold. What is out of sight is in neither."""
    connection = await raw(session)
    wanted = sorted(household_ids)
    locked = {row["id"] for row in await connection.fetch(_LOCK, wanted)}
    # A statement of its own: it sees what was committed before the locks were had.
    rows = await connection.fetch(_HELD, wanted)
    return [_held(row) for row in rows if row["id"] in locked], [row["id"] for row in rows if row["id"] not in locked]


def _held(row: "asyncpg.Record") -> Held:
    current = None
    if row["grade"] is not None:
        current = Current(
            row["grade"],
            row["since"],
            row["calculated"],
            row["calculated_since"],
            tuple(orjson.loads(row["reasons"])),
            row["policy_id"],
            row["override_id"],
            row["counted_area"],
        )
    override = Override(row["live_id"], row["live_grade"]) if row["live_id"] is not None else None
    return Held(row["id"], row["area_code"], row["dissolved"], current, override, row["live_until"])


async def find_cleared(session: ReadSession, household_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each last turned green, having been yellow or red."""
    if not household_ids:
        return {}
    return {row["household_id"]: row["at"] for row in await (await raw(session)).fetch(_CLEARED, list(household_ids))}


async def put_grades(session: WriteSession, states: Iterable[tuple[UUID, str, Current]]) -> None:
    """Write how grades stand now, here and in the register."""
    rows = [
        (
            id_,
            area,
            one.grade,
            one.since,
            one.calculated,
            one.calculated_since,
            orjson.dumps(one.reasons).decode(),
            one.policy_id,
            one.override_id,
        )
        for id_, area, one in states
    ]
    if rows:
        connection = await raw(session)
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(_PUT, *columns)
        await connection.execute(_TO_HOUSEHOLD, columns[0], columns[2])


async def drop_grades(session: WriteSession, household_ids: Collection[UUID]) -> None:
    """Households that are no more have no grade."""
    if household_ids:
        connection = await raw(session)
        await connection.execute("DELETE FROM household_grade WHERE household_id = ANY ($1)", list(household_ids))
        await connection.execute(_TO_HOUSEHOLD, list(household_ids), [None] * len(household_ids))


async def note_changes(session: WriteSession, noted: Sequence[Noted], by: UUID, now: datetime) -> None:
    """Add lines to the history."""
    rows = [
        (
            new_id(),
            one.household_id,
            one.area_code,
            now,
            one.change.kind,
            one.change.from_grade,
            one.change.from_area,
            one.change.to_grade,
            one.change.to_area,
            orjson.dumps(one.reasons).decode(),
            one.policy_id,
            one.override_id,
            by,
        )
        for one in noted
    ]
    if rows:
        await (await raw(session)).execute(_NOTE, *(list(column) for column in zip(*rows, strict=True)))


async def end_overrides(session: WriteSession, override_ids: Collection[UUID], by: UUID, now: datetime) -> None:
    """Grades by hand that do not count any more."""
    if override_ids:
        statement = "UPDATE grade_override SET ended_at = $2, ended_by = $3 WHERE id = ANY ($1) AND ended_at IS NULL"
        await (await raw(session)).execute(statement, list(override_ids), now, by)


async def list_expired(session: ReadSession, today: date, limit: int) -> list[UUID]:
    """Households whose grade by hand had its last day."""
    statement = "SELECT household_id FROM grade_override WHERE ended_at IS NULL AND until < $1 ORDER BY until LIMIT $2"
    return [row["household_id"] for row in await (await raw(session)).fetch(statement, today, limit)]


async def stored_frame(session: ReadSession, prefix: str) -> pl.DataFrame:
    """How the grades below an area prefix stand, as a frame."""
    told = io.BytesIO()
    await (await raw(session)).copy_from_query(_STORED, *bounds(prefix), output=told, format="csv", null="\\N")
    told.seek(0)
    return pl.read_csv(told, has_header=False, schema=_STORED_SCHEMA, null_values=["\\N"])


async def advance_policy(session: WriteSession, household_ids: Sequence[UUID], before: UUID, policy_id: UUID) -> None:
    """Of households for which other rules say the same: these say it now. Who is being graded is passed over."""
    await (await raw(session)).execute(_ADVANCE, household_ids, before, policy_id)
