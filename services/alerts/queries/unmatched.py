"""Rows that wait for the register: kept once, corrected, marked when it learns of their person, forgotten in time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import delete, or_, select, update

from services.alerts.models import File, UnmatchedRow
from services.alerts.queries.files import CHANNEL
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.listening import ring
from shared.ids import new_id

REF = b"ref:"
"""What a `dedup` begins with that is the bureau's own number."""
_KNOWN = """
(EXISTS (SELECT FROM known_member AS one WHERE one.person_key = row.person_key AND one.active)
    OR EXISTS (SELECT FROM known_member AS one WHERE one.household_key = row.household_key AND one.active))
"""
_INSERT = f"""
INSERT INTO unmatched_row (
    id, feed, dedup, row_hash, file_id, person_key, household_key, sealed, kept_at, expires_at, due)
SELECT id, $3, dedup, row_hash, $4, person_key, household_key, sealed, $7, $8, {_KNOWN}
FROM unnest($1::uuid[], $2::bytea[], $5::text[], $6::text[], $9::bytea[], $10::bytea[])
    AS row (id, dedup, person_key, household_key, sealed, row_hash)
ON CONFLICT (feed, dedup) DO NOTHING RETURNING dedup, due
"""  # noqa: S608
_MARK_MISSED = f"""
UPDATE unmatched_row SET due = true WHERE id IN (
    SELECT id FROM unmatched_row AS row WHERE NOT due AND {_KNOWN} ORDER BY id LIMIT $1 FOR UPDATE)
"""  # noqa: S608
_LOCK = """
SELECT id, feed, dedup, person_key, household_key, row_hash
FROM unmatched_row JOIN unnest($1::text[], $2::bytea[]) AS came (feed, dedup) USING (feed, dedup)
ORDER BY id FOR UPDATE OF unmatched_row
"""
_REPLACE = """
UPDATE unmatched_row AS old SET sealed = row.sealed, row_hash = row.row_hash, kept_at = $4, attempts = 0,
    file_id = COALESCE($5, old.file_id), expires_at = COALESCE($6, old.expires_at)
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS row (id, sealed, row_hash) WHERE old.id = row.id
"""
_NUMBERS = "SELECT dedup FROM unmatched_row WHERE feed = $1 AND dedup >= 'ref:' AND dedup < 'ref;'"
_IS_KEPT = "SELECT EXISTS (SELECT FROM unmatched_row WHERE feed = $1 AND dedup = $2)"

Key = tuple[str, bytes]
"""Feed and `dedup` of a row."""
Whom = tuple[str | None, str | None]
"""Person's and household's key."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row about to be kept, sealed."""

    dedup: bytes = field(repr=False)
    whom: Whom
    row_hash: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    place: int = 0  # in its frame


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that waits. `row_hash` None: nobody wrote it down then."""

    id: UUID
    feed: str
    dedup: bytes = field(repr=False)
    whom: Whom
    row_hash: bytes | None = field(repr=False)


async def lock_rows(session: WriteSession, keys: Collection[Key]) -> list[KeptRow]:
    """Those of these rows that wait; nobody screens, replaces or forgets them before our commit.

    Before any subject is locked, and before their file is: so does whoever screens them again, or marks them due.
    """
    if not keys:
        return []
    rows = await (await raw(session)).fetch(_LOCK, *map(list, zip(*keys, strict=True)))
    return [KeptRow(id_, feed, dedup, (person, home), hash_) for id_, feed, dedup, person, home, hash_ in rows]


async def insert_rows(
    session: WriteSession, file_id: UUID, feed: str, rows: Sequence[WaitingRow], now: datetime, expires_at: datetime
) -> set[bytes]:
    """Keep rows, each of another `dedup`; returns those that nobody else kept at the same moment.

    Of whom the register has learnt since it was asked, they are due at once.
    """
    if not rows:
        return set()
    ids = [new_id() for _ in rows]
    people, households = map(list, zip(*(row.whom for row in rows), strict=True))
    dedups, sealed, hashes = ([getattr(row, name) for row in rows] for name in ("dedup", "sealed", "row_hash"))
    found = await (await raw(session)).fetch(
        _INSERT, ids, dedups, feed, file_id, people, households, now, expires_at, sealed, hashes
    )
    if any(row["due"] for row in found):
        await ring(session, CHANNEL)
    return {row["dedup"] for row in found}


async def replace_rows(
    session: WriteSession,
    rows: Sequence[tuple[UUID, WaitingRow]],
    now: datetime,
    file_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Other content for rows that wait; `file_id`: of the file that it came in, if it did."""
    if rows:
        values = [(id_, row.sealed, row.row_hash) for id_, row in rows]
        await (await raw(session)).execute(_REPLACE, *map(list, zip(*values, strict=True)), now, file_id, expires_at)


async def list_numbers(connection: "asyncpg.Connection[Any]", feed: str) -> list[str]:
    """The bureau's own numbers of all rows of a feed that wait."""
    return [row["dedup"][len(REF) :].decode() for row in await connection.fetch(_NUMBERS, feed)]


async def is_kept(connection: "asyncpg.Connection[Any]", feed: str, dedup: bytes) -> bool:
    """Whether a row waits."""
    return bool(await connection.fetchval(_IS_KEPT, feed, dedup))


async def mark_due(session: WriteSession, person_keys: Collection[str], household_keys: Collection[str]) -> int:
    """The register has learnt of these: look at their rows again. How many rows that are."""
    waits = or_(UnmatchedRow.person_key.in_(person_keys), UnmatchedRow.household_key.in_(household_keys))
    ids = select(UnmatchedRow.id).where(waits, ~UnmatchedRow.due).order_by(UnmatchedRow.id).with_for_update()
    marked = await session.execute(update(UnmatchedRow).where(UnmatchedRow.id.in_(ids)).values(due=True))
    rows = int(marked.rowcount)  # type: ignore[attr-defined] # an UPDATE's result has it
    if rows:
        await ring(session, CHANNEL)
    return rows


async def mark_missed(session: WriteSession, limit: int) -> int:
    """Rows that wait although the register knows of whom they are: look at them again. How many, at most `limit`."""
    marked = str(await (await raw(session)).execute(_MARK_MISSED, limit))
    rows = int(marked.removeprefix("UPDATE "))
    if rows:
        await ring(session, CHANNEL)
    return rows


async def list_due(session: ReadSession, now: datetime, limit: int) -> Sequence[UnmatchedRow]:
    """Rows of one file to look at again. One that was begun before comes alone: it may be what ended that attempt."""
    due = select(UnmatchedRow).where(UnmatchedRow.due, UnmatchedRow.expires_at > now).order_by(UnmatchedRow.id)
    first = await session.scalar(due.limit(1))
    if first is None or first.attempts:
        return [first] if first else []
    same = due.where(UnmatchedRow.file_id == first.file_id, UnmatchedRow.attempts == 0)
    return (await session.scalars(same.limit(limit))).all()


async def count_attempts(session: WriteSession, ids: Collection[UUID]) -> int:
    """Count that these rows are begun; how many are left of them."""
    left = [row.id for row in await lock_due(session, ids)]
    fewer = update(UnmatchedRow).where(UnmatchedRow.id.in_(left))
    await session.execute(fewer.values(attempts=UnmatchedRow.attempts + 1))
    return len(left)


async def lock_due(session: WriteSession, ids: Collection[UUID]) -> Sequence[UnmatchedRow]:
    """Those of these rows that are still to be looked at; nobody else changes them before our commit."""
    due = select(UnmatchedRow).where(UnmatchedRow.id.in_(ids), UnmatchedRow.due).order_by(UnmatchedRow.id)
    return (await session.scalars(due.with_for_update())).all()


async def delete_rows(session: WriteSession, ids: Collection[UUID]) -> None:
    """Forget rows."""
    if ids:
        await session.execute(delete(UnmatchedRow).where(UnmatchedRow.id.in_(ids)))


async def delete_corrected(session: WriteSession, came: Mapping[Key, Whom]) -> None:
    """Rows came, about these, that do not wait: forget what waits under their numbers."""
    kept = await lock_rows(session, came.keys())
    await delete_rows(session, [one.id for one in kept if came[one.feed, one.dedup] == one.whom])


async def keep_waiting(session: WriteSession, ids: Collection[UUID]) -> None:
    """Nothing has come of them yet."""
    await session.execute(update(UnmatchedRow).where(UnmatchedRow.id.in_(ids)).values(due=False, attempts=0))


async def set_aside(session: WriteSession, row_id: UUID) -> None:
    """It could not be looked at; that counts until it can."""
    await session.execute(update(UnmatchedRow).where(UnmatchedRow.id == row_id).values(due=False))


async def count_rematched(session: WriteSession, file_id: UUID, rows: int) -> None:
    """Rows of a file have become alerts after all."""
    await session.execute(update(File).where(File.id == file_id).values(rematched=File.rematched + rows))


async def count_failed(session: WriteSession, file_id: UUID) -> None:
    """A row of a file that waited was given up."""
    fewer = update(File).where(File.id == file_id, File.unmatched > 0)
    await session.execute(fewer.values(unmatched=File.unmatched - 1, rejected=File.rejected + 1))


async def forget_expired(session: WriteSession, now: datetime, limit: int) -> int:
    """Forget what was kept long enough; how many rows of it, at most `limit`."""
    expired = UnmatchedRow.expires_at <= now
    old = select(UnmatchedRow.id).where(expired).limit(limit).with_for_update(skip_locked=True)
    gone = await session.execute(delete(UnmatchedRow).where(UnmatchedRow.id.in_(old)))
    return int(gone.rowcount)  # type: ignore[attr-defined] # a DELETE's result has it
