"""Whether the books balance with the service that has the tasks: what was asked, and what was found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules import FindingKind


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
