"""Batches: many alerts sent at once, and what was wrong in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.batches import BatchFormat, BatchState
from shared.security.principals import Role


class Batch(Base):
    """Many alerts sent at once. It keeps what its sender was permitted then, for the rows are worked off later."""

    __tablename__ = "batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reported_by: Mapped[UUID]
    role: Mapped[Role] = mapped_column(String, server_default="bureau")
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    format: Mapped[BatchFormat] = mapped_column(String)
    state: Mapped[BatchState] = mapped_column(String)
    rows_total: Mapped[int]
    accepted: Mapped[int] = mapped_column(server_default="0")
    merged: Mapped[int] = mapped_column(server_default="0")
    worsened: Mapped[int] = mapped_column(server_default="0")
    snoozed: Mapped[int] = mapped_column(server_default="0")
    repeated: Mapped[int] = mapped_column(server_default="0")
    rejected: Mapped[int] = mapped_column(server_default="0")
    not_triggered: Mapped[int] = mapped_column(server_default="0")  # by the feed's rule; nothing of them is kept
    chunks_total: Mapped[int]
    chunks_done: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    chunks_failed: Mapped[int] = mapped_column("attempts", server_default="0")  # of those done: given up


class BatchChunk(Base):
    """Up to 1,000 rows as they came, sealed (purpose "batch-chunk").

    Whoever works on one holds its row lock, and deletes it in the transaction that stores the rows.
    """

    __tablename__ = "batch_chunk"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    first_row: Mapped[int]  # number of its first row in the batch, from 1
    sealed: Mapped[bytes]


class ChunkAttempt(Base):
    """How often a chunk was begun; beside it, for its own row is locked until its rows are stored. Goes with the chunk."""

    __tablename__ = "chunk_attempt"
    __table_args__ = (
        ForeignKeyConstraint(["batch_id", "seq"], ["batch_chunk.batch_id", "batch_chunk.seq"], ondelete="CASCADE"),
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(SmallInteger)


class BatchError(Base):
    """One mistake in one row of a batch: where and which, never the value."""

    __tablename__ = "batch_error"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)  # "" when the row as a whole is at fault
    code: Mapped[str] = mapped_column(primary_key=True)
    params: Mapped[dict[str, Any]]
