"""Zero reports, reminders, contradictions, self-reports, phone codes; and the indexes the feed calendar counts by."""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0009"
down_revision = "alerts_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _zero_reports()
    _calendar()
    _self_reports()
    _indexes()
    # Who sent a batch decides which feeds it may hold, and its rows are worked off later.
    op.add_column("batch", sa.Column("role", sa.String(), server_default="bureau", nullable=False))


def downgrade() -> None:
    op.drop_column("batch", "role")
    op.drop_index("ix_alert_confirmed", "alert")
    op.drop_index("ix_alert_evidence_calendar", "alert_evidence")
    op.drop_index("ix_alert_calendar", "alert")
    for table in ("use_count", "phone_code", "self_report", "contradiction", "report_reminder", "zero_report"):
        op.drop_table(table)


def _zero_reports() -> None:
    op.create_table(
        "zero_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_zero_report"),
    )
    op.create_index("ix_zero_report_feed_id", "zero_report", ["feed", "id"])
    op.create_index(
        "uq_zero_report_standing",
        "zero_report",
        ["feed", "period", "areas"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _calendar() -> None:
    op.create_table(
        "report_reminder",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "period", "area", "kind", "days", name="pk_report_reminder"),
    )
    op.create_index("ix_report_reminder_sent_at", "report_reminder", ["sent_at"])
    op.create_table(
        "contradiction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zero_report_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contradiction"),
        sa.ForeignKeyConstraint(["zero_report_id"], ["zero_report.id"], name="fk_contradiction_zero_report_id"),
        sa.UniqueConstraint("zero_report_id", "alert_id", name="uq_contradiction_zero_report_id_alert_id"),
    )
    op.create_index(
        "uq_contradiction_own_alert",
        "contradiction",
        ["zero_report_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'own_alert'"),
    )


def _self_reports() -> None:
    op.create_table(
        "self_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("risk_family", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_self_report"),
        sa.UniqueConstraint("content_key", name="uq_self_report_content_key"),
    )
    op.create_index("ix_self_report_alert_id", "self_report", ["alert_id"])
    op.create_index("ix_self_report_phone_key", "self_report", ["phone_key", "id"])
    op.create_table(
        "phone_code",
        sa.Column("phone_key", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_allowed", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_for", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("phone_key", name="pk_phone_code"),
    )
    op.create_index("ix_phone_code_expires_at", "phone_code", ["expires_at"])
    op.create_table(
        "use_count",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "who", "ends_at", name="pk_use_count"),
    )
    op.create_index("ix_use_count_ends_at", "use_count", ["ends_at"])


def _indexes() -> None:
    op.create_index(
        "ix_alert_calendar",
        "alert",
        ["feed", "occurred_on"],
        postgresql_include=["area_code", "reported_at"],
        postgresql_where=sa.text("withdrawn_at IS NULL AND first_withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_alert_evidence_calendar",
        "alert_evidence",
        ["feed", "occurred_on"],
        postgresql_include=["area_code", "reported_at"],
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_alert_confirmed", "alert", ["answered_at"], postgresql_where=sa.text("verdict = 'risk_confirmed'")
    )
