"""The local grade: today's, its history, grades by hand, and what stood at each turn of a month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "households_0010"
down_revision = "households_0009"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "{column} LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
OWN = VISIBLE.format(column="area_code")
# A village goes on seeing that a household was counted there, and where its count went.
COUNTED = f"{OWN} OR {VISIBLE.format(column='counted_area')}"
SIDES = f"{OWN} OR {VISIBLE.format(column='from_area')} OR {VISIBLE.format(column='to_area')}"
POLICIES = {"household_grade": COUNTED, "grade_override": OWN, "grade_change": SIDES, "grade_snapshot": OWN}
TABLES = ("grade_due", "grading_progress", "grade_snapshot", "grade_change", "grade_override", "household_grade")

MOMENT = sa.DateTime(timezone=True)
AREA = sa.Text(collation="C")


def upgrade() -> None:
    _current()
    _overrides()
    _changes()
    _nightly()
    for table, visible in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({visible}) WITH CHECK ({visible})")


def _household(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["household_id", "area_code"],
        ["household.id", "household.area_code"],
        name=f"fk_{table}_household_id_area_code",
        onupdate="CASCADE",
    )


def _current() -> None:
    op.create_table(
        "household_grade",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", AREA, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("calculated", sa.Text(), nullable=False),
        sa.Column("calculated_since", MOMENT, nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("override_id", sa.Uuid(), nullable=True),
        sa.Column("counted_area", AREA, nullable=False),
        _household("household_grade"),
        sa.PrimaryKeyConstraint("household_id", name="pk_household_grade"),
    )
    op.create_index("ix_household_grade_area", "household_grade", ["area_code", "grade", "household_id"])


def _overrides() -> None:
    op.create_table(
        "grade_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", AREA, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        _household("grade_override"),
        sa.PrimaryKeyConstraint("id", name="pk_grade_override"),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("uq_grade_override_live", "grade_override", ["household_id"], unique=True, postgresql_where=live)
    op.create_index("ix_grade_override_until", "grade_override", ["until", "household_id"], postgresql_where=live)
    op.create_index("ix_grade_override_household", "grade_override", ["household_id", "id"])


def _changes() -> None:
    op.create_table(
        "grade_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", AREA, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_grade", sa.Text(), nullable=True),
        sa.Column("from_area", AREA, nullable=True),
        sa.Column("to_grade", sa.Text(), nullable=True),
        sa.Column("to_area", AREA, nullable=True),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("override_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        _household("grade_change"),
        sa.PrimaryKeyConstraint("id", name="pk_grade_change"),
    )
    op.create_index("ix_grade_change_household", "grade_change", ["household_id", "at"])
    op.create_index("ix_grade_change_at", "grade_change", ["at", "id"])
    for side in ("from", "to"):
        there = sa.text(f"{side}_area IS NOT NULL")
        op.create_index(f"ix_grade_change_{side}", "grade_change", [f"{side}_area", "at"], postgresql_where=there)


def _nightly() -> None:
    op.create_table(
        "grade_snapshot",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area_code", AREA, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "area_code", "grade", name="pk_grade_snapshot"),
    )
    op.create_table(
        "grading_progress",
        sa.Column("township", AREA, nullable=False),
        sa.Column("graded_on", sa.Date(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("township", name="pk_grading_progress"),
    )
    op.create_table(
        "grade_due",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grade_due"),
    )


def downgrade() -> None:
    for table in POLICIES:
        op.execute(f"DROP POLICY area ON {table}")
    for table in TABLES:
        op.drop_table(table)
