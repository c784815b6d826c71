"""What bureaus say beside alerts, what they were reminded of, and what households say themselves."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.silence import ContradictionKind, ReminderKind, Source


class ZeroReport(Base):
    """A bureau's word that a period had nothing to report (零报告), for the areas it reports on."""

    __tablename__ = "zero_report"
    __table_args__ = (
        Index(
            "uq_zero_report_standing",
            *("feed", "period", "areas"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_zero_report_feed_id", "feed", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed: Mapped[str]
    period: Mapped[str]  # name, e.g. "2026-03"
    first: Mapped[date]  # the days of the period, as the calendar in force said
    last: Mapped[date]
    due_on: Mapped[date | None]
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))  # prefixes, sorted; the empty one is everywhere
    note_sealed: Mapped[bytes | None]  # purpose "zero-report-note"
    late: Mapped[bool]
    reported_by: Mapped[UUID]
    reported_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason_sealed: Mapped[bytes | None]  # purpose "zero-report-withdrawal"


class ReportReminder(Base):
    """A reminder that was sent. Its row is what keeps it from being sent again."""

    __tablename__ = "report_reminder"

    feed: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)  # prefix of the county
    kind: Mapped[ReminderKind] = mapped_column(String, primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)  # by the policy, before or after the due day
    due_on: Mapped[date]
    policy_id: Mapped[UUID]
    sent_at: Mapped[datetime] = mapped_column(index=True)


class Contradiction(Base):
    """A zero report, and an alert that says otherwise. Flagged once."""

    __tablename__ = "contradiction"
    __table_args__ = (
        Index("uq_contradiction_own_alert", "zero_report_id", unique=True, postgresql_where=text("kind = 'own_alert'")),
        UniqueConstraint("zero_report_id", "alert_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    zero_report_id: Mapped[UUID] = mapped_column(ForeignKey("zero_report.id"))
    kind: Mapped[ContradictionKind] = mapped_column(String)
    alert_id: Mapped[UUID]  # own_alert: the first one that came
    found_at: Mapped[datetime]


class SelfReport(Base):
    """A household's own request (自主申报) and the alert that was made of it."""

    __tablename__ = "self_report"
    __table_args__ = (Index("ix_self_report_phone_key", "phone_key", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the receipt: tells nothing of the alert
    alert_id: Mapped[UUID] = mapped_column(index=True)
    content_key: Mapped[bytes] = mapped_column(unique=True)  # keyed hash of the request: the same again is the first
    source: Mapped[Source] = mapped_column(String)
    risk_family: Mapped[str]
    phone_key: Mapped[str | None]
    reported_at: Mapped[datetime]


class PhoneCode(Base):
    """The code a phone was sent, as a keyed hash: six digits could be tried through without the key."""

    __tablename__ = "phone_code"

    phone_key: Mapped[str] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes]
    tries: Mapped[int]
    tries_allowed: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_for: Mapped[bytes | None]  # content key of the self-report made with it: a code makes one


class UseCount(Base):
    """How often something was done within a span of minutes, by whom; in a table, for all processes count together."""

    __tablename__ = "use_count"

    what: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)  # keyed hash of a phone or an address; empty: everybody
    ends_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]
