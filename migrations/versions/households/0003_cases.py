"""Cases, their evidence, tasks, visits and verdicts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "households_0003"
down_revision = "households_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("subject_key", sa.String(), nullable=False),
        sa.Column("risk_family", sa.String(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_evidence_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_risk_case_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_risk_case"),
        sa.UniqueConstraint("id", "area_code", name="uq_risk_case_id_area_code"),
    )
    op.create_index("ix_risk_case_area", "risk_case", ["area_code", "id"])
    op.create_index("ix_risk_case_household", "risk_case", ["household_id"])
    op.create_index(
        "ix_risk_case_open", "risk_case", ["subject_key", "risk_family"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "evidence",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_key", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["risk_case.id", "risk_case.area_code"],
            name="fk_evidence_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_case", "evidence", ["case_id"])
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_to", sa.Text(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["risk_case.id"], name="fk_task_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    op.create_index(
        "ix_task_active_area",
        "task",
        ["area_code", "due_at", "id"],
        postgresql_where=sa.text("state IN ('open', 'accepted')"),
    )
    op.create_index(
        "ix_task_active_assignee", "task", ["assignee_id"], postgresql_where=sa.text("state IN ('open', 'accepted')")
    )
    op.create_index(
        "ix_task_active_due", "task", ["due_at", "id"], postgresql_where=sa.text("state IN ('open', 'accepted')")
    )
    op.create_index("ix_task_case_id", "task", ["case_id"])
    op.create_index("ix_task_household", "task", ["household_id"])
    op.create_table(
        "task_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_event_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task_event"),
    )
    op.create_index("ix_task_event_task_id", "task_event", ["task_id"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_key", sa.String(), nullable=False),
        sa.Column("visited_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["risk_case.id", "risk_case.area_code"],
            name="fk_visit_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_visit_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    op.create_index("ix_visit_case", "visit", ["case_id"])
    op.create_index("ix_visit_household_id", "visit", ["household_id"])
    op.create_index("ix_visit_task_id", "visit", ["task_id"])
    op.create_table(
        "verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["risk_case.id"], name="fk_verdict_case_id"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_verdict_task_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_verdict_visit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_case_id", "verdict", ["case_id"])


def downgrade() -> None:
    for table in ("verdict", "visit", "task_event", "task", "evidence", "risk_case"):
        op.drop_table(table)
