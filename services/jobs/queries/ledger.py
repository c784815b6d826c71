"""Rows of the ledger, read and written by the month: a statement that names no month would look into every partition."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from services.jobs.models import LabourChange, LabourRow
from services.jobs.rules.ledger import FIELDS, Entry, RowMovedOn, RowNotFound
from services.jobs.rules.months import move
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing

Row = Mapping[str, Any]
"""A `labour_row`, by column."""

COLUMNS = tuple(column.name for column in LabourRow.__table__.columns)
_KEY = ("person_id", "month")
_OWN = tuple(name for name in FIELDS if name not in ("employer", "services"))

_LOCK = "SELECT * FROM labour_row WHERE month = $1 AND person_id = ANY ($2) ORDER BY person_id FOR UPDATE"
_LAST_SAID = """
SELECT DISTINCT ON (person_id) * FROM labour_row
WHERE month >= $1 AND month < $2 AND person_id = ANY ($3) AND confirmed_on IS NOT NULL ORDER BY person_id, month DESC
"""
_UNSAID = """
SELECT r.month, array_agg(r.person_id ORDER BY r.person_id) AS people
FROM labour_row r JOIN (
    SELECT person_id, max(month) AS month FROM labour_row
    WHERE month >= $1 AND month < $2 AND person_id = ANY ($3) AND confirmed_on IS NOT NULL GROUP BY person_id
) AS said ON said.person_id = r.person_id AND r.month > said.month
WHERE r.month >= $1 AND r.month < $2 AND r.person_id = ANY ($3) GROUP BY r.month ORDER BY r.month
"""
# The order in which rows are locked is the same for all, so that two lists of one village do not wait for each other.
_INSERT = """
INSERT INTO labour_row SELECT * FROM jsonb_populate_recordset(NULL::labour_row, $1::text::jsonb) ORDER BY person_id
ON CONFLICT (person_id, month) DO NOTHING
"""
_UPDATE = f"""
UPDATE labour_row AS old SET {", ".join(f"{name} = new.{name}" for name in COLUMNS if name not in _KEY)}
FROM jsonb_populate_recordset(NULL::labour_row, $2::text::jsonb) AS new
WHERE old.month = $1 AND old.person_id = new.person_id
"""  # noqa: S608
_NOTE = """
INSERT INTO labour_change SELECT * FROM jsonb_populate_recordset(NULL::labour_change, $1::text::jsonb)
"""


def entry_of(row: Row, employer: str | None) -> Entry:
    """What a row says. The employer is given in clear or, to compare, by its key."""
    told = {name: row[name] for name in _OWN}
    return Entry(**told, employer=employer, services=tuple(row["services"]))


async def lock_rows(session: WriteSession, month: date, people: Collection[UUID]) -> dict[UUID, Row]:
    """The rows of one month that nobody else changes until the commit, by person."""
    found = await (await raw(session)).fetch(_LOCK, month, sorted(people))
    return {row["person_id"]: row for row in found}


async def find_last_said(session: ReadSession, month: date, people: Collection[UUID]) -> dict[UUID, Row]:
    """What somebody said last of each person in the year before a month, whatever was carried since."""
    found = await (await raw(session)).fetch(_LAST_SAID, move(month, -12), month, sorted(people))
    return {row["person_id"]: row for row in found}


async def list_unsaid(session: ReadSession, month: date, people: Collection[UUID]) -> dict[date, list[UUID]]:
    """The months before, the oldest first, that were only carried since somebody said something last, and of whom."""
    found = await (await raw(session)).fetch(_UNSAID, move(month, -12), month, sorted(people))
    return {row["month"]: row["people"] for row in found}


async def insert_rows(session: WriteSession, rows: Sequence[Row]) -> None:
    """Rows that were not there. Raises `RowMovedOn` when one is by now."""
    if rows:
        done = await (await raw(session)).execute(_INSERT, _json(rows))
        if int(done.rpartition(" ")[2]) != len(rows):
            raise RowMovedOn


async def update_rows(session: WriteSession, month: date, rows: Sequence[Row]) -> None:
    """Locked rows of one month."""
    if rows:
        await (await raw(session)).execute(_UPDATE, month, _json(rows))


async def note_changes(session: WriteSession, changes: Sequence[Row]) -> None:
    """Lines of history."""
    if changes:
        await (await raw(session)).execute(_NOTE, _json(changes))


async def get_row(session: ReadSession, scope: Scope, month: date, person_id: UUID) -> LabourRow:
    """One row; raises `RowNotFound`."""
    query = select(LabourRow).where(
        LabourRow.month == month, LabourRow.person_id == person_id, within(LabourRow.area_code, scope)
    )
    return existing((await session.scalars(query)).one_or_none(), RowNotFound)


async def list_months(
    session: ReadSession, scope: Scope, person_id: UUID, before: date | None, limit: int
) -> Sequence[LabourRow]:
    """The months of one person, the newest first."""
    query = select(LabourRow).where(LabourRow.person_id == person_id, within(LabourRow.area_code, scope))
    return (await session.scalars(newest_first(query, LabourRow.month, before=before, limit=limit))).all()


async def list_changes(session: ReadSession, scope: Scope, month: date, person_id: UUID) -> Sequence[LabourChange]:
    """What became of one row, the oldest first."""
    query = (
        select(LabourChange)
        .where(LabourChange.month == month, LabourChange.person_id == person_id, within(LabourChange.area_code, scope))
        .order_by(LabourChange.id)
    )
    return (await session.scalars(query)).all()


def _json(rows: Sequence[Row]) -> str:
    """Rows as one parameter: the database reads each column as the table has it."""
    return orjson.dumps(rows, default=_plain).decode()


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return f"\\x{value.hex()}"
        case Decimal():
            return str(value)
        case UUID():  # asyncpg's own class of them
            return str(value)
        case tuple():
            return list(value)
    raise TypeError(type(value).__name__)
