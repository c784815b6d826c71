"""Batches: keeping the chunks, leasing a batch to one worker, and counting what became of its rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, or_, select, tuple_

from services.alerts.models import Batch, BatchChunk, BatchError
from services.alerts.rules import BatchNotFound, Sight
from shared.db.bulk import copy_rows
from shared.db.engine import ReadSession, WriteSession, raw

LEASE = timedelta(seconds=10)
"""How long a dead worker's batch waits for the next one. A living worker renews with each chunk (~0.1 s)."""


class LeaseLost(Exception):
    """Another worker has taken the batch over."""


async def insert_chunks(session: WriteSession, batch_id: UUID, chunks: Iterable[tuple[int, int, bytes]]) -> None:
    """Keep sealed chunks `(seq, first_row, sealed)`."""
    rows = ((batch_id, *chunk) for chunk in chunks)
    await copy_rows(session, "batch_chunk", ("batch_id", "seq", "first_row", "sealed"), rows)


async def get_batch(session: ReadSession, reported_by: UUID, sight: Sight, batch_id: UUID) -> Batch:
    """A batch the asker sent, or whose feeds are all the asker's; raises `BatchNotFound`."""
    wanted = select(Batch).where(Batch.id == batch_id)
    if sight.feeds is not None:
        wanted = wanted.where(or_(Batch.reported_by == reported_by, Batch.feeds.contained_by(sorted(sight.feeds))))
    batch = await session.scalar(wanted)
    if batch is None:
        raise BatchNotFound
    return batch


async def list_errors(
    session: ReadSession, batch_id: UUID, after: tuple[int, str, str] | None, limit: int
) -> Sequence[BatchError]:
    """Row errors in row order."""
    place = tuple_(BatchError.row_number, BatchError.field, BatchError.code)
    wanted = select(BatchError).where(BatchError.batch_id == batch_id).order_by(place).limit(limit)
    if after is not None:
        wanted = wanted.where(place > after)
    return (await session.scalars(wanted)).all()


async def lease_batch(session: WriteSession, worker: UUID, now: datetime) -> Batch | None:
    """The oldest batch nobody works on, now this worker's."""
    free = or_(Batch.lease_until.is_(None), Batch.lease_until < now)
    waiting = select(Batch).where(Batch.finished_at.is_(None), free).order_by(Batch.id).limit(1)
    batch = await session.scalar(waiting.with_for_update(skip_locked=True))
    if batch is not None:
        batch.state, batch.worker, batch.lease_until = "running", worker, now + LEASE
        batch.started_at = batch.started_at or now
    return batch


async def lock_leased(session: WriteSession, batch_id: UUID, worker: UUID) -> Batch:
    """The batch, if it is still this worker's; raises `LeaseLost`."""
    batch = await session.scalar(select(Batch).where(Batch.id == batch_id, Batch.worker == worker).with_for_update())
    if batch is None or batch.finished_at is not None:
        raise LeaseLost
    return batch


async def find_chunk(session: ReadSession, batch_id: UUID, after: int) -> BatchChunk | None:
    """The first chunk with a higher number."""
    wanted = select(BatchChunk).where(BatchChunk.batch_id == batch_id, BatchChunk.seq > after)
    chunk: BatchChunk | None = await session.scalar(wanted.order_by(BatchChunk.seq).limit(1))
    return chunk


async def delete_chunks(session: WriteSession, batch_id: UUID, seq: int | None = None) -> None:
    """Forget one chunk, or all that are left."""
    gone = delete(BatchChunk).where(BatchChunk.batch_id == batch_id)
    await session.execute(gone if seq is None else gone.where(BatchChunk.seq == seq))


async def insert_errors(
    session: WriteSession, batch_id: UUID, errors: Iterable[tuple[int, str, str, dict[str, Any]]]
) -> None:
    """Keep row errors `(row_number, field, code, params)`; one that stands twice is kept once."""
    rows = {(batch_id, *place): orjson.dumps(params).decode() for *place, params in errors}
    if rows:
        await (await raw(session)).execute(
            _INSERT_ERRORS, *map(list, zip(*((*k, v) for k, v in rows.items()), strict=True))
        )


_INSERT_ERRORS = """
INSERT INTO batch_error (batch_id, row_number, field, code, params)
SELECT id, number, field, code, params::jsonb
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[]) AS row (id, number, field, code, params)
"""


async def delete_old_errors(session: WriteSession, before: datetime) -> None:
    """Forget the row errors of batches finished before that moment."""
    old = select(Batch.id).where(Batch.finished_at < before)
    await session.execute(delete(BatchError).where(BatchError.batch_id.in_(old)))
