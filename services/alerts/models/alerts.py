"""Alerts, sealed, and what became of each."""

from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules import Severity, State
from shared.contracts.households import Verdict


class Alert(Base):
    """One early warning. Who it is about and why lie sealed; the keys only tell equality.

    Few indexes on purpose: each one costs a fifth of the intake.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_feed_dedup", "feed", "dedup", unique=True),
        Index("ix_alert_feed_id", "feed", "id"),
        # The feed calendar counts without looking at a row. Its columns never change but when an alert is withdrawn.
        Index(
            "ix_alert_calendar",
            *("feed", "occurred_on"),
            postgresql_include=["area_code", "reported_at"],
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_alert_confirmed", "answered_at", postgresql_where=text("verdict = 'risk_confirmed'")),
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
