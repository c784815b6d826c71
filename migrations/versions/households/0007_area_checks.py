"""Checks of whole areas with their household lists, and what a verdict rests on."""

import sqlalchemy as sa
from alembic import op

revision = "households_0007"
down_revision = "households_0006"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"

# What knows of cases of areas only, in the order in which nothing refers to it any more.
FORGET = (
    "DELETE FROM verdict WHERE case_id IN ({cases})",
    "DELETE FROM visit WHERE case_id IN ({cases})",
    "DELETE FROM task_event WHERE task_id IN (SELECT id FROM task WHERE case_id IN ({cases}))",
    "DELETE FROM task WHERE case_id IN ({cases})",
    "DELETE FROM evidence WHERE case_id IN ({cases})",
    "DELETE FROM risk_case WHERE id IN ({cases})",
)
# Cases of areas: before this, an alert had one case.
AREA_CASES = """
SELECT case_id FROM evidence WHERE alert_id IN (SELECT area_alert_id FROM risk_case WHERE area_alert_id IS NOT NULL)
"""


def upgrade() -> None:
    op.add_column("risk_case", sa.Column("area_alert_id", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_risk_case_area_alert",
        "risk_case",
        ["area_alert_id", "area_code"],
        unique=True,
        postgresql_where=sa.text("area_alert_id IS NOT NULL"),
    )
    _verdicts()
    op.create_table(
        "task_household",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("affected", sa.Boolean(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("remarked_by", sa.Uuid(), nullable=True),
        sa.Column("remarked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_task_household_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_household_task_id"),
        sa.PrimaryKeyConstraint("task_id", "household_id", name="pk_task_household"),
    )
    op.create_index("ix_task_household_household", "task_household", ["household_id"])
    op.execute("ALTER TABLE task_household ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON task_household USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def _verdicts() -> None:
    """Until now a verdict named its visit or rested on what somebody knew."""
    op.add_column("verdict", sa.Column("basis", sa.Text(), server_default="known_fact", nullable=False))
    op.execute("UPDATE verdict SET basis = 'visit' WHERE visit_id IS NOT NULL")
    op.add_column("verdict", sa.Column("policy_id", sa.Uuid(), nullable=True))
    op.add_column("verdict", sa.Column("contact_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("DROP POLICY area ON task_household")
    op.drop_table("task_household")
    for column in ("contact_sealed", "policy_id", "basis"):
        op.drop_column("verdict", column)
    op.execute(f"CREATE TEMP TABLE area_case ON COMMIT DROP AS {AREA_CASES}")
    for statement in FORGET:
        op.execute(statement.format(cases="SELECT case_id FROM area_case"))
    op.drop_index("uq_risk_case_area_alert", "risk_case")
    op.drop_column("risk_case", "area_alert_id")
