"""The outbox table, mixed into each service's models."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column


class OutboxMixin:
    """One event on its way out. Deleted when the bus has it.

    The lane leads in the primary key, so that each lane is read in the order of its ids and no row costs a second index.
    """

    __tablename__ = "outbox"

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="0")  # `shared.lanes.Lane`
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    topic: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    value: Mapped[str]  # JSON text, passed on as it is
    traceparent: Mapped[str | None]
