"""The inbox and dead-letter tables, mixed into each service's models."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column


class InboxMixin:
    """One event that was handled: a second delivery finds its id here and does nothing."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)


class DeadLetterMixin:
    """One event that could not be handled, kept whole until somebody replays or discards it.

    `error` is the class and code of the failure, never its text: that could quote the event.
    """

    __tablename__ = "dead_letter"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:  # noqa: N805
        """A new index for each service: one object cannot stand on several tables."""
        return (Index("ix_dead_letter_waiting", "failed_at", postgresql_where=text("resolved_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the event's id
    topic: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    source: Mapped[str]
    occurred_at: Mapped[str]
    value: Mapped[bytes]
    traceparent: Mapped[str | None]
    error: Mapped[str]
    attempts: Mapped[int]
    failed_at: Mapped[datetime]
    resolution: Mapped[str | None]  # replayed | discarded
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
