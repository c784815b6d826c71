"""The outbox table, mixed into each service's models."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column


class OutboxMixin:
    """One event on its way out. Deleted when the bus has it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    topic: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    value: Mapped[str]  # JSON text, passed on as it is
    traceparent: Mapped[str | None]
