"""Feeds: the kinds of alert that the bureaus send, and every form each ever had."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.alerts import Severity
from services.alerts.rules.feeds import Cadence, Subject


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
    expires_days: Mapped[int | None]  # days after which an alert nobody answered tells nothing any more; null: never
    bureau: Mapped[str] = mapped_column(index=True)  # code of the organisation that owes the reports
    subject: Mapped[Subject] = mapped_column(String)
    cadence: Mapped[Cadence] = mapped_column(String)
    due_day: Mapped[int | None]  # day after the end of the period, from 1; None for events
    grace_days: Mapped[int]  # days after the due day until a report is late
    reporters: Mapped[list[str]] = mapped_column(ARRAY(Text))  # roles
    columns: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB
    )  # of a bureau's export: field, headers, required, type, values
    source: Mapped[str | None]  # where the feed and its thresholds are from
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime]


class FeedVersion(Base):
    """What a feed was from `changed_at` on. Never changed, never deleted."""

    __tablename__ = "feed_version"

    feed: Mapped[str] = mapped_column(ForeignKey("feed.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    active: Mapped[bool]
    content: Mapped[dict[str, Any]]  # as `FeedContent` has it
    changed_by: Mapped[UUID]  # account; the nil UUID for what was shipped
    changed_at: Mapped[datetime]
    shipped: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # what a release shipped of it, where that was taken over
