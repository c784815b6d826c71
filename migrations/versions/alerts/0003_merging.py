"""One alert with many evidences; who lives where; policies; when alerts expire; whether the books balance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "alerts_0003"
down_revision = "alerts_0002"
branch_labels = None
depends_on = None

COUNTS = ("merged", "worsened", "snoozed")
ADDED = (
    *("risk_family", "rule_id", "subject_key", "merging", "reopens"),
    *("first_severity", "first_withdrawn_at", "expired_at"),
)

# Alerts from before stay as they are; of several on one person and risk the newest takes further evidence.
_FILL = """
UPDATE alert SET risk_family = feed.risk_family, subject_key = COALESCE(person_key, household_key, alert.id::text)
FROM feed WHERE feed.code = alert.feed
"""
_NEWEST = """
UPDATE alert SET merging = false WHERE EXISTS (
    SELECT FROM alert AS newer
    WHERE newer.subject_key = alert.subject_key AND newer.risk_family = alert.risk_family AND newer.id > alert.id)
"""


def upgrade() -> None:
    _projections()
    _alerts()
    _evidence()
    _accounting()
    op.execute("ALTER TABLE feed ADD COLUMN IF NOT EXISTS expires_days integer")
    for name in COUNTS:
        op.add_column("batch", sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in COUNTS:
        op.drop_column("batch", name)
    op.drop_column("feed", "expires_days")
    for table in ("account_finding", "account_check", "alert_evidence"):
        op.drop_table(table)
    op.drop_index("ix_alert_reported_at", "alert")
    op.drop_index("uq_alert_merging", "alert")
    for name in ADDED:
        op.drop_column("alert", name)
    op.drop_table("policy")
    op.drop_table("known_member")


def _projections() -> None:
    op.create_table(
        "known_member",
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("household_key", sa.String(), nullable=True),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("household_class", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_key", name="pk_known_member"),
    )
    op.create_index(
        "ix_known_member_household_key", "known_member", ["household_key"], postgresql_where=sa.text("active")
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area_prefix", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
    )
    op.create_index("ix_policy_kind", "policy", ["kind"])


def _alerts() -> None:
    for column in (
        sa.Column("risk_family", sa.String(), nullable=True),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("subject_key", sa.String(), nullable=True),
        sa.Column("merging", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("reopens", sa.Uuid(), nullable=True),
        sa.Column("first_severity", sa.String(), nullable=True),
        sa.Column("first_withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("alert", column)
    op.execute(_FILL)
    op.execute(_NEWEST)
    op.alter_column("alert", "risk_family", nullable=False)
    op.alter_column("alert", "subject_key", nullable=False)
    op.create_index(
        "uq_alert_merging", "alert", ["subject_key", "risk_family"], unique=True, postgresql_where=sa.text("merging")
    )
    op.create_index("ix_alert_reported_at", "alert", ["reported_at"], postgresql_using="brin")


def _evidence() -> None:
    op.create_table(
        "alert_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=True),
        sa.Column("dedup", sa.LargeBinary(), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=True),
        sa.Column("household_key", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_evidence_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_evidence"),
    )
    op.create_index("uq_alert_evidence_feed_dedup", "alert_evidence", ["feed", "dedup"], unique=True)
    op.create_index("ix_alert_evidence_alert_id", "alert_evidence", ["alert_id", "id"])
    op.create_index("ix_alert_evidence_feed_alert_id", "alert_evidence", ["feed", "alert_id", "id"])
    op.create_index(
        "ix_alert_evidence_worsened", "alert_evidence", ["alert_id"], postgresql_where=sa.text("outcome = 'worsened'")
    )
    op.create_index("ix_alert_evidence_reported_at", "alert_evidence", ["reported_at"], postgresql_using="brin")


def _accounting() -> None:
    op.create_table(
        "account_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alert_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_check"),
    )
    op.create_index("ix_account_check_asked_at", "account_check", ["asked_at"])
    op.create_table(
        "account_finding",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_account_finding_alert_id"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_account_finding"),
    )
