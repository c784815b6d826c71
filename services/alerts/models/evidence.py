"""Further evidence of an alert: reports that were no news, or worse news."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.alerts import Severity
from services.alerts.rules.merging import EvidenceOutcome


class AlertEvidence(Base):
    """One report that became no alert of its own. What an alert has of its first report, this has of a later one."""

    __tablename__ = "alert_evidence"
    __table_args__ = (
        Index("uq_alert_evidence_feed_dedup", "feed", "dedup", unique=True),
        Index("ix_alert_evidence_alert_id", "alert_id", "id"),
        Index("ix_alert_evidence_feed_alert_id", "feed", "alert_id", "id"),
        Index("ix_alert_evidence_worsened", "alert_id", postgresql_where=text("outcome = 'worsened'")),
        Index("ix_alert_evidence_reported_at", "reported_at", postgresql_using="brin"),
        Index(
            "ix_alert_evidence_calendar",
            *("feed", "occurred_on"),
            postgresql_include=["area_code", "reported_at"],
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    feed: Mapped[str]
    source_ref: Mapped[str | None]
    dedup: Mapped[bytes]
    row_hash: Mapped[bytes]
    severity: Mapped[Severity] = mapped_column(String)
    occurred_on: Mapped[date]
    area_code: Mapped[str]
    person_key: Mapped[str | None]  # of a household several people may be named
    household_key: Mapped[str | None]
    sealed: Mapped[bytes]  # purpose "alert", as in an alert
    reported_by: Mapped[UUID]
    batch_id: Mapped[UUID | None]
    reported_at: Mapped[datetime]
    rule_id: Mapped[UUID | None]
    outcome: Mapped[EvidenceOutcome] = mapped_column(String)
    policy_id: Mapped[UUID]  # the version of `alert-merge` that said so
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason_sealed: Mapped[bytes | None]  # purpose "withdrawal-reason"
    area: Mapped[dict[str, Any] | None]  # of an alert about areas, those that this report names
    lane: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # `Lane`: where it was told, and is taken back
