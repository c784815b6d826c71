"""National cases with their moves, what stands behind them, and their pauses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "households_0011"
down_revision = "households_0010"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("monitoring_case", "case_move", "case_evidence", "case_pause")
MOMENT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = True, area: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(collation="C") if area else sa.Text(), nullable=nullable)


def _string(name: str, *, nullable: bool = True) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=nullable)


def upgrade() -> None:
    _cases()
    _moves()
    _evidence()
    _pauses()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def _cases() -> None:
    op.create_table(
        "monitoring_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        _text("area_code", nullable=False, area=True),
        _text("state", nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        _text("class"),
        _string("main_risk"),
        sa.Column("risks", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        _text("source", nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("identified_on", sa.Date(), nullable=True),
        sa.Column("measure_from", sa.Date(), nullable=True),
        sa.Column("eliminated_on", sa.Date(), nullable=True),
        _string("elimination_way"),
        _text("holder_level"),
        sa.Column("due_at", MOMENT, nullable=True),
        _text("clock"),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("warn_at", MOMENT, nullable=True),
        sa.Column("warned_at", MOMENT, nullable=True),
        _text("raised_to"),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.Column("fast_lane", sa.Boolean(), nullable=False),
        _string("fast_lane_reason"),
        sa.Column("fast_lane_at", MOMENT, nullable=True),
        sa.Column("fast_lane_by", sa.Uuid(), nullable=True),
        sa.Column("fast_lane_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("papers_due_at", MOMENT, nullable=True),
        sa.Column("papers_done_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_monitoring_case_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_monitoring_case"),
        sa.UniqueConstraint("id", "area_code", name="uq_monitoring_case_id_area_code"),
    )
    op.create_index(
        "uq_monitoring_case_household",
        "monitoring_case",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('dismissed', 'moved_away', 'deceased')"),
    )
    op.create_index("ix_monitoring_case_area", "monitoring_case", ["area_code", "id"])
    op.create_index("ix_monitoring_case_household", "monitoring_case", ["household_id"])
    op.create_index(
        "ix_monitoring_case_due",
        "monitoring_case",
        ["due_at", "id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_monitoring_case_papers", "monitoring_case", ["papers_due_at", "id"], postgresql_where=sa.text("fast_lane")
    )


def _of_a_case(table: str, *columns: "sa.Column[object]") -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        _text("area_code", nullable=False, area=True),
        *columns,
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["monitoring_case.id", "monitoring_case.area_code"],
            name=f"fk_{table}_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def _moves() -> None:
    _of_a_case(
        "case_move",
        sa.Column("round", sa.SmallInteger(), nullable=False),
        _text("from_state"),
        _text("to_state", nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        _text("by_level"),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("minutes_sealed", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_case_move_case", "case_move", ["case_id", "id"])


def _evidence() -> None:
    _of_a_case(
        "case_evidence",
        sa.Column("round", sa.SmallInteger(), nullable=False),
        _text("source", nullable=False),
        sa.Column("risk_case_id", sa.Uuid(), nullable=True),
        _string("risk"),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
    )
    op.create_unique_constraint("uq_case_evidence_case_id_risk_case_id", "case_evidence", ["case_id", "risk_case_id"])
    op.create_index("ix_case_evidence_risk_case", "case_evidence", ["risk_case_id"])


def _pauses() -> None:
    _of_a_case(
        "case_pause",
        _string("reason", nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("paused_at", MOMENT, nullable=False),
        sa.Column("paused_by", sa.Uuid(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
    )
    op.create_index("ix_case_pause_case", "case_pause", ["case_id", "id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)
