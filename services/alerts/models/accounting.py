"""Whether the books balance: what was taken, and what the service with the tasks was asked and had found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.accounting import FindingKind


class AccountCheck(Base):
    """Up to 1,000 open alerts that households was asked about."""

    __tablename__ = "account_check"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    alert_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    given_at: Mapped[datetime | None]


class AccountFinding(Base):
    """An open alert that households sees otherwise, by the newest check it was part of."""

    __tablename__ = "account_finding"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    kind: Mapped[FindingKind] = mapped_column(String)
    first_found_at: Mapped[datetime]
    last_found_at: Mapped[datetime]


class Receipt(Base):
    """One single report that was taken, by the id it has as an alert or evidence. Nothing looks one up: no index of ids.

    Rows of batches and files have none, for those count what was taken of them.
    """

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_reported_at", "reported_at", postgresql_using="brin"),)

    id: Mapped[UUID]
    feed: Mapped[str]
    area_code: Mapped[str]
    reported_at: Mapped[datetime]

    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012 # an annotation would clash with the base's
