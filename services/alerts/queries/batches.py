"""Batches: keeping their chunks, taking one to work on, and counting what became of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import and_, delete, or_, select

from services.alerts.models import Batch, BatchError
from services.alerts.rules.alerts import Sight
from services.alerts.rules.batches import BatchNotFound
from services.alerts.rules.merging import Outcome
from shared.db.bulk import copy_rows
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.listening import Listener, ring
from shared.db.pages import in_order
from shared.db.within import all_within
from shared.errors import existing
from shared.security.principals import Role

CHANNEL = "alerts_batch"
"""Notified when a batch was committed, so that workers need not look for one all the time."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk to work on, with what its sender was permitted."""

    batch_id: UUID
    seq: int
    first_row: int
    sealed: bytes
    reported_by: UUID
    role: Role
    feeds: Sequence[str]
    areas: Sequence[str]
    received_at: datetime
    rows_total: int  # of the batch


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """What became of a chunk's rows."""

    kept: Mapping[Outcome, int]
    rejected: int
    not_triggered: int = 0

    @property
    def columns(self) -> tuple[int, ...]:
        """accepted, merged, worsened, snoozed, repeated, rejected, not triggered."""
        accepted = self.kept.get("new", 0) + self.kept.get("reopened", 0)
        further = (self.kept.get(name, 0) for name in ("merged", "worsened", "snoozed", "repeated"))
        return (accepted, *further, self.rejected, self.not_triggered)


# A row lock is all the lease there is: it goes when the worker dies, and the next one takes the chunk at once. Small
# batches go first; they are few and soon done, so they do not keep the others waiting. Attempts may refer to it meanwhile.
_TAKE_CHUNK = """
SELECT chunk.batch_id, seq, first_row, sealed, reported_by, role, feeds, areas, received_at, rows_total
FROM batch_chunk AS chunk JOIN batch ON batch.id = chunk.batch_id
ORDER BY rows_total > $1, chunk.batch_id, seq LIMIT 1 FOR NO KEY UPDATE OF chunk SKIP LOCKED
"""
# Beside the transaction that holds the chunk, so that it stands when that ends with its process. Nobody waits until it is
# on disk: what the database forgets when it is killed itself was no chunk's doing.
_COUNT_ATTEMPT = """
INSERT INTO chunk_attempt AS before (batch_id, seq, attempts)
SELECT $1, $2, 1 FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT (batch_id, seq) DO UPDATE SET attempts = before.attempts + 1
RETURNING attempts
"""
_FINISH_CHUNK = """
WITH worked AS (DELETE FROM batch_chunk WHERE batch_id = $1 AND seq = $2 RETURNING batch_id)
UPDATE batch SET
    accepted = accepted + $4, merged = merged + $5, worsened = worsened + $6, snoozed = snoozed + $7,
    repeated = repeated + $8, rejected = rejected + $9, not_triggered = not_triggered + $10,
    chunks_done = chunks_done + 1, attempts = attempts + $11, started_at = COALESCE(started_at, $3),
    state = CASE WHEN chunks_done + 1 < chunks_total THEN 'running' WHEN attempts + $11 > 0 THEN 'failed' ELSE 'done' END,
    finished_at = CASE WHEN chunks_done + 1 = chunks_total THEN clock_timestamp() END
FROM worked WHERE batch.id = worked.batch_id
"""
_INSERT_ERRORS = """
INSERT INTO batch_error (batch_id, row_number, field, code, params)
SELECT $1, number, field, code, params::jsonb
FROM unnest($2::int[], $3::text[], $4::text[], $5::text[]) AS row (number, field, code, params)
"""


async def insert_chunks(session: WriteSession, batch_id: UUID, chunks: Iterable[tuple[int, int, bytes]]) -> None:
    """Keep sealed chunks `(seq, first_row, sealed)`; the workers hear of them when they are committed."""
    rows = ((batch_id, *chunk) for chunk in chunks)
    await copy_rows(session, "batch_chunk", ("batch_id", "seq", "first_row", "sealed"), rows)
    await ring(session, CHANNEL)


async def get_batch(session: ReadSession, reported_by: UUID, sight: Sight, batch_id: UUID) -> Batch:
    """A batch the asker sent, or whose feeds and areas are all the asker's; raises `BatchNotFound`."""
    theirs = [all_within(Batch.areas, sight.scope)]
    if sight.feeds is not None:
        # A cadre's batch names no feeds: the empty list is contained in every other.
        theirs += [Batch.role == Role.BUREAU, Batch.feeds.contained_by(sorted(sight.feeds))]
    wanted = select(Batch).where(Batch.id == batch_id, or_(Batch.reported_by == reported_by, and_(*theirs)))
    return existing(await session.scalar(wanted), BatchNotFound)


async def list_errors(
    session: ReadSession, batch_id: UUID, after: tuple[int, str, str] | None, limit: int
) -> Sequence[BatchError]:
    """Row errors in row order."""
    wanted = select(BatchError).where(BatchError.batch_id == batch_id)
    place = (BatchError.row_number, BatchError.field, BatchError.code)
    return (await session.scalars(in_order(wanted, *place, after=after, limit=limit))).all()


async def take_chunk(session: WriteSession, live_rows: int) -> Chunk | None:
    """The oldest chunk nobody works on, ours until the transaction ends; first those of batches up to `live_rows` rows."""
    row = await (await raw(session)).fetchrow(_TAKE_CHUNK, live_rows)
    return Chunk(**{**row, "role": Role(row["role"])}) if row else None


async def count_attempt(connection: Listener, chunk: Chunk) -> int:
    """Count that work on a chunk begins, at once and whatever becomes of it; the how manieth time this is."""
    attempts: int = await connection.fetchval(_COUNT_ATTEMPT, chunk.batch_id, chunk.seq)
    return attempts


async def finish_chunk(
    session: WriteSession, chunk: Chunk, counts: ChunkCounts, started_at: datetime, *, failed: bool = False
) -> None:
    """Forget a chunk and count its rows. The last statement of its transaction: workers meet at the batch's row."""
    told = (*counts.columns, int(failed))
    await (await raw(session)).execute(_FINISH_CHUNK, chunk.batch_id, chunk.seq, started_at, *told)


async def insert_errors(
    session: WriteSession, batch_id: UUID, errors: Iterable[tuple[int, str, str, dict[str, Any]]]
) -> None:
    """Keep row errors `(row_number, field, code, params)`; one that stands twice is kept once."""
    rows = {tuple(place): orjson.dumps(params).decode() for *place, params in errors}
    if rows:
        columns = map(list, zip(*((*place, params) for place, params in rows.items()), strict=True))
        await (await raw(session)).execute(_INSERT_ERRORS, batch_id, *columns)


async def forget_errors(session: WriteSession, before: datetime) -> None:
    """Forget the row errors of batches finished before that moment."""
    old = select(Batch.id).where(Batch.finished_at < before)
    await session.execute(delete(BatchError).where(BatchError.batch_id.in_(old)))
