"""Alerts about whole areas with what each area said, and what a verdict rests on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "alerts_0008"
down_revision = "alerts_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("area", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("alert", sa.Column("verdict_basis", sa.String(), nullable=True))
    op.create_table(
        "area_check",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_area_check_alert_id"),
        sa.PrimaryKeyConstraint("alert_id", "area_code", name="pk_area_check"),
    )


def downgrade() -> None:
    op.drop_table("area_check")
    op.drop_column("alert", "verdict_basis")
    op.drop_column("alert", "area")
