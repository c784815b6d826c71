"""What a household was identified on, and what its risk was called gone on: the facts of the gate, kept with the move.

Of decisions before this nothing is kept, and nothing is made up. The runtime role may add rows and change none
(`migrations/env.py`); the area follows its case.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "households_0023"
down_revision = "households_0022"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"


def upgrade() -> None:
    op.create_table(
        "case_snapshot",
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["move_id"], ["case_move.id"], name="fk_case_snapshot_move_id"),
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["monitoring_case.id", "monitoring_case.area_code"],
            name="fk_case_snapshot_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("move_id", name="pk_case_snapshot"),
    )
    op.create_index("ix_case_snapshot_case", "case_snapshot", ["case_id", "move_id"])
    op.execute("ALTER TABLE case_snapshot ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON case_snapshot USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    op.execute("DROP POLICY area ON case_snapshot")
    op.drop_table("case_snapshot")
