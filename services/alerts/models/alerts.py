"""Alerts, sealed, and what became of each."""

from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.alerts import Severity, State
from shared.contracts.households import Basis, Verdict
from shared.lanes import Lane


class Alert(Base):
    """One early warning with its first evidence. Who it is about and why lie sealed; the keys only tell equality.

    Of one subject and risk family at most one alert is `merging`: further evidence is judged against it, until a newer
    alert takes its place. Few indexes on purpose: each one costs a fifth of the intake.
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
            postgresql_where=text("withdrawn_at IS NULL AND first_withdrawn_at IS NULL"),
        ),
        Index("ix_alert_confirmed", "answered_at", postgresql_where=text("verdict = 'risk_confirmed'")),
        Index("uq_alert_merging", "subject_key", "risk_family", unique=True, postgresql_where=text("merging")),
        Index("ix_alert_reported_at", "reported_at", postgresql_using="brin"),
        Index("ix_alert_areas", "risk_family", "id", postgresql_where=text("merging AND area IS NOT NULL")),
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
    risk_family: Mapped[str]
    rule_id: Mapped[UUID | None]  # the version of the screening rule that gave the severity
    subject_key: Mapped[str]  # household id where the register knows it, else the person's or household's key
    merging: Mapped[bool] = mapped_column(server_default=text("true"))
    reopens: Mapped[UUID | None]  # the dismissed alert that worse evidence opened anew
    first_severity: Mapped[Severity | None] = mapped_column(String)  # the first evidence's, once a later one raised it
    first_withdrawn_at: Mapped[datetime | None]  # the first evidence was taken back, the alert stands on others
    state: Mapped[State] = mapped_column(String, server_default="reported")
    case_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    verdict: Mapped[Verdict | None] = mapped_column(String)
    verdict_reason_sealed: Mapped[bytes | None]  # purpose "verdict-reason"
    visited_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason_sealed: Mapped[bytes | None]  # purpose "withdrawal-reason"; of the alert, or its first evidence
    expired_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]  # when its checks were dropped last; it may have been checked anew since
    verdict_basis: Mapped[Basis | None] = mapped_column(String)
    area: Mapped[dict[str, Any] | None]  # of an alert about areas: {"codes": [...], "natural_villages": [...]}
    lane: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # `Lane`: where it was told, and is taken back


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
    lane: Lane
    risk_family: str
    rule_id: UUID | None = None
    area: str | None = None  # JSON


class Finished(NamedTuple):
    """An alert to be stored among many: what is looked at before, and all of it and of its event as COPY takes them."""

    id_bytes: bytes  # the alert's id: making it a UUID costs ten times as much
    feed: str
    dedup: bytes
    row_hash: bytes
    risk_family: str
    person_key: str | None
    household_key: str | None
    row: bytes
    told: bytes

    @property
    def id(self) -> UUID:
        """The alert's."""
        return UUID(bytes=self.id_bytes)

    @property
    def about_areas(self) -> bool:
        """Whether it is about whole areas, and not about a person or a household."""
        return self.person_key is None and self.household_key is None


OutboxRow: TypeAlias = tuple[Any, ...]
"""An event about to be stored: the columns that `shared.outbox.emit.COLUMNS` names."""
