"""The tables of the alerts service."""

from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.rules import BatchFormat, BatchState, Severity, State
from shared.contracts.households import Verdict
from shared.db.base import ServiceBase, service_metadata
from shared.http.idempotency import IdempotencyKeyMixin
from shared.inbox import DeadLetterMixin, InboxMixin
from shared.outbox import OutboxMixin
from shared.projections.api_keys import ApiKeyMixin
from shared.projections.areas import AreaMixin
from shared.security.audit import AuditEntryMixin


class Base(ServiceBase):
    """Tables of this service."""

    __abstract__ = True

    metadata = service_metadata()


class Outbox(OutboxMixin, Base):
    """Events on their way out."""


class Inbox(InboxMixin, Base):
    """Events that were handled."""


class DeadLetter(DeadLetterMixin, Base):
    """Events that could not be handled."""


class IdempotencyKey(IdempotencyKeyMixin, Base):
    """Answered requests."""


class AuditEntry(AuditEntryMixin, Base):
    """Who did what."""


class Area(AreaMixin, Base):
    """Areas, as the directory tells them."""


class ApiKey(ApiKeyMixin, Base):
    """API keys, as the directory tells them."""


class Feed(Base):
    """A kind of alert (预警类别) that one bureau sends. A row of data, never code."""

    __tablename__ = "feed"

    code: Mapped[str] = mapped_column(primary_key=True)  # "education.absence"
    bureau_zh: Mapped[str]
    bureau_en: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    risk_family: Mapped[str]  # alerts of one family on one household are one case
    default_severity: Mapped[Severity] = mapped_column(String)
    evidence_schema: Mapped[dict[str, Any]]  # JSON Schema 2020-12
    version: Mapped[int]  # grows with each change
    active: Mapped[bool]


class Alert(Base):
    """One early warning. Who it is about and why lie sealed; the keys only tell equality.

    Few indexes on purpose: each one costs a fifth of the intake.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_feed_dedup", "feed", "dedup", unique=True),
        Index("ix_alert_feed_id", "feed", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed: Mapped[str]
    source_ref: Mapped[str | None]  # the bureau's own number of the row
    dedup: Mapped[bytes]  # the source_ref or, without one, the row hash: what makes a row the same
    row_hash: Mapped[bytes]  # keyed hash of the whole row: the same again, or other content under the same source_ref
    severity: Mapped[Severity] = mapped_column(String)
    occurred_on: Mapped[date]
    area_code: Mapped[str]
    person_key: Mapped[str | None]
    household_key: Mapped[str | None]
    sealed: Mapped[bytes]  # purpose "alert": {"person": {...}, "household": {...}, "evidence": {...}}
    reported_by: Mapped[UUID]  # account or API key
    batch_id: Mapped[UUID | None]
    reported_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(String, server_default="reported")
    case_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    verdict: Mapped[Verdict | None] = mapped_column(String)
    verdict_reason_sealed: Mapped[bytes | None]  # purpose "verdict-reason"
    visited_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason_sealed: Mapped[bytes | None]  # purpose "withdrawal-reason"


class NewAlert(NamedTuple):
    """An alert about to be stored: the columns written at intake, in the order in which they are written."""

    id: UUID
    feed: str
    source_ref: str | None
    dedup: bytes
    row_hash: bytes
    severity: Severity
    occurred_on: date
    area_code: str
    person_key: str | None
    household_key: str | None
    sealed: bytes
    reported_by: UUID
    batch_id: UUID | None
    reported_at: datetime


OutboxRow: TypeAlias = tuple[Any, ...]
"""An event about to be stored: the columns that `shared.outbox.emit.COLUMNS` names."""


class Batch(Base):
    """Many alerts sent at once. It keeps what its sender was permitted then, for the rows are worked off later."""

    __tablename__ = "batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reported_by: Mapped[UUID]
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    format: Mapped[BatchFormat] = mapped_column(String)
    state: Mapped[BatchState] = mapped_column(String)
    rows_total: Mapped[int]
    accepted: Mapped[int] = mapped_column(server_default="0")
    repeated: Mapped[int] = mapped_column(server_default="0")
    rejected: Mapped[int] = mapped_column(server_default="0")
    chunks_total: Mapped[int]
    chunks_done: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")  # how often a chunk failed


class BatchChunk(Base):
    """Up to 1,000 rows as they came, sealed (purpose "batch-chunk").

    Whoever works on one holds its row lock, and deletes it in the transaction that stores the rows.
    """

    __tablename__ = "batch_chunk"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    first_row: Mapped[int]  # number of its first row in the batch, from 1
    sealed: Mapped[bytes]


class BatchError(Base):
    """One mistake in one row of a batch: where and which, never the value."""

    __tablename__ = "batch_error"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)  # "" when the row as a whole is at fault
    code: Mapped[str] = mapped_column(primary_key=True)
    params: Mapped[dict[str, Any]]
