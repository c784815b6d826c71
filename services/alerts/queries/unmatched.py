"""Rows that wait for the register: kept once, marked when it learns of their person, forgotten in time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from services.alerts.models import File, UnmatchedRow
from services.alerts.queries.files import CHANNEL
from shared.db.engine import WriteSession, raw
from shared.db.listening import ring
from shared.ids import new_id

_INSERT = """
INSERT INTO unmatched_row (id, feed, dedup, file_id, person_key, household_key, sealed, kept_at, expires_at)
SELECT id, $3, dedup, $4, person_key, household_key, sealed, $7, $8
FROM unnest($1::uuid[], $2::bytea[], $5::text[], $6::text[], $9::bytea[])
    AS row (id, dedup, person_key, household_key, sealed)
ON CONFLICT (feed, dedup) DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row about to be kept, sealed."""

    place: int  # in its frame
    dedup: bytes = field(repr=False)
    person_key: str | None
    household_key: str | None
    sealed: bytes = field(repr=False)


async def insert_unmatched(
    session: WriteSession, file_id: UUID, feed: str, rows: Sequence[WaitingRow], now: datetime, expires_at: datetime
) -> list[bool]:
    """Keep rows; of each, whether it is kept for the first time."""
    if not rows:
        return []
    ids = [new_id() for _ in rows]
    people, households = [row.person_key for row in rows], [row.household_key for row in rows]
    dedups, sealed = [row.dedup for row in rows], [row.sealed for row in rows]
    found = await (await raw(session)).fetch(
        _INSERT, ids, dedups, feed, file_id, people, households, now, expires_at, sealed
    )
    fresh = {row["id"] for row in found}
    return [one in fresh for one in ids]


async def mark_due(session: WriteSession, person_keys: Collection[str], household_keys: Collection[str]) -> int:
    """The register has learnt of these: look at their rows again. How many rows that are."""
    waits = or_(UnmatchedRow.person_key.in_(person_keys), UnmatchedRow.household_key.in_(household_keys))
    marked = await session.execute(update(UnmatchedRow).where(waits, ~UnmatchedRow.due).values(due=True))
    rows = int(marked.rowcount)  # type: ignore[attr-defined] # an UPDATE's result has it
    if rows:
        await ring(session, CHANNEL)
    return rows


async def lock_due(session: WriteSession, now: datetime, limit: int) -> Sequence[UnmatchedRow]:
    """Rows to look at again, of one feed, that nobody else looks at."""
    due = select(UnmatchedRow).where(UnmatchedRow.due, UnmatchedRow.expires_at > now).order_by(UnmatchedRow.id)
    first = await session.scalar(due.limit(1).with_for_update(skip_locked=True))
    if first is None:
        return ()
    same = due.where(UnmatchedRow.feed == first.feed, UnmatchedRow.file_id == first.file_id)
    return (await session.scalars(same.limit(limit).with_for_update(skip_locked=True))).all()


async def delete_rows(session: WriteSession, ids: Collection[UUID]) -> None:
    """Forget rows."""
    await session.execute(delete(UnmatchedRow).where(UnmatchedRow.id.in_(ids)))


async def keep_waiting(session: WriteSession, ids: Collection[UUID]) -> None:
    """Nothing has come of them yet."""
    await session.execute(update(UnmatchedRow).where(UnmatchedRow.id.in_(ids)).values(due=False))


async def count_rematched(session: WriteSession, file_id: UUID, rows: int) -> None:
    """Rows of a file have become alerts after all."""
    await session.execute(update(File).where(File.id == file_id).values(rematched=File.rematched + rows))


async def forget_expired(session: WriteSession, now: datetime, limit: int) -> int:
    """Forget what was kept long enough; how many rows of it, at most `limit`."""
    old = select(UnmatchedRow.id).where(UnmatchedRow.expires_at <= now).limit(limit)
    gone = await session.execute(delete(UnmatchedRow).where(UnmatchedRow.id.in_(old)))
    return int(gone.rowcount)  # type: ignore[attr-defined] # a DELETE's result has it
