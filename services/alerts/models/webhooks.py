"""Verdicts, and ends without one, in the order in which bureaus hear of them, and the systems that are called with each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.alerts import Ending
from services.alerts.rules.webhooks import DeliveryError, DeliveryState
from shared.contracts.households import Verdict


class VerdictNotice(Base):
    """How one report has ended, told once: with a verdict (核查结论) or without; a verdict that is given anew is told anew.

    `xid` is the transaction that wrote it: a reader goes on after `(xid, id)` and takes only what every older
    transaction has let pass, so that a verdict that commits late is never overlooked. 0: told by the database that this one
    was restored from.
    """

    __tablename__ = "verdict_notice"
    __table_args__ = (Index("ix_verdict_notice_order", "xid", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"))
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    feed: Mapped[str]
    source_ref: Mapped[str | None]
    area_code: Mapped[str]
    state: Mapped[Ending] = mapped_column(String, server_default="answered")
    verdict: Mapped[Verdict | None] = mapped_column(String)
    visited_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # where there is no verdict


class Webhook(Base):
    """A bureau's system that wants to be called (回调). Its secrets lie sealed (purpose "webhook-secret"), and its address
    ("webhook-url"), which may hold a token; `url` has it in clear until it is sealed."""

    __tablename__ = "webhook"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str | None]
    url_sealed: Mapped[bytes | None]
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))  # LIKE patterns of the scope it was registered with
    secret_sealed: Mapped[bytes]
    old_secret_sealed: Mapped[bytes | None]
    old_secret_until: Mapped[datetime | None]
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One message to one webhook. Its id is the message's, the same with each try, so that a receiver knows it again."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_due", "webhook_id", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    body: Mapped[dict[str, Any]]  # codes, ids and days; no text that names people
    state: Mapped[DeliveryState] = mapped_column(String)
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    last_status: Mapped[int | None]  # HTTP status of the last answer; null: none came
    last_error: Mapped[DeliveryError | None] = mapped_column(String)  # why none came
