"""The ledger compared with other exports, and samples of it for telephone checks, with row-level security."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "jobs_0004"
down_revision = "jobs_0003"
branch_labels = None
depends_on = None

VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("reconciliation_row", "sampled_row")
"""What tells of people. A comparison and a sample themselves say no more than when and where."""
Column = sa.Column[object]


def upgrade() -> None:
    _reconciliation()
    _reconciliation_row()
    _ledger_sample()
    _sampled_row()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
    for table in ("sampled_row", "ledger_sample", "reconciliation_row", "reconciliation"):
        op.drop_table(table)


def _column(name: str, kind: sa.types.TypeEngine[object], *, nullable: bool = False, default: str = "") -> Column:
    return sa.Column(name, kind, nullable=nullable, server_default=default or None)


def _area(name: str = "area_code") -> Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reconciliation() -> None:
    op.create_table(
        "reconciliation",
        _column("id", sa.Uuid()),
        _column("source", sa.String()),
        _column("month", sa.Date()),
        _area(),
        _column("state", sa.String()),
        _column("files_sealed", sa.LargeBinary()),
        _column("size", sa.BigInteger()),
        _column("sent_by", sa.Uuid()),
        _column("policy_id", sa.Uuid(), nullable=True),
        _column("rows_estimate", sa.Integer(), nullable=True),
        _column("rows_read", sa.Integer(), default="0"),
        _column("people_compared", sa.Integer(), default="0"),
        _column("people_estimate", sa.Integer(), nullable=True),
        _column("attempts", sa.SmallInteger(), default="0"),
        _column("notes", JSONB(), nullable=True),
        _column("failure", JSONB(), nullable=True),
        _moment("received_at"),
        _moment("finished_at", nullable=True),
        _moment("files_deleted_at", nullable=True),
        _moment("deleted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliation"),
    )
    op.create_index(
        "ix_reconciliation_waiting",
        "reconciliation",
        ["id"],
        postgresql_where=sa.text("state IN ('queued', 'reading', 'comparing')"),
    )
    op.create_index("ix_reconciliation_area", "reconciliation", ["area_code", "id"])


def _reconciliation_row() -> None:
    table = "reconciliation_row"
    op.create_table(
        table,
        _column("id", sa.Uuid()),
        _column("run_id", sa.Uuid()),
        _area(),
        _column("outcome", sa.String()),
        _column("person_id", sa.Uuid(), nullable=True),
        _column("person_key", sa.String(), nullable=True),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        _column("sealed", sa.LargeBinary(), nullable=True),
        _column("file", sa.SmallInteger(), nullable=True),
        _column("sheet", sa.SmallInteger(), nullable=True),
        _column("row_number", sa.Integer(), nullable=True),
        _column("task_id", sa.Uuid(), nullable=True),
        _moment("looked_at"),
        _column("settled", sa.String(), nullable=True),
        _moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["run_id"], ["reconciliation.id"], name=f"fk_{table}_run_id"),
    )
    op.create_index(f"ix_{table}_outcome", table, ["run_id", "outcome", "id"])
    op.create_index(f"ix_{table}_area", table, ["run_id", "area_code", "outcome"])
    op.create_index(f"ix_{table}_person", table, ["person_id"], postgresql_where=sa.text("outcome <> 'same'"))
    op.create_index(f"ix_{table}_key", table, ["person_key"], postgresql_where=sa.text("person_key IS NOT NULL"))
    op.create_index(f"ix_{table}_task", table, ["task_id"], postgresql_where=sa.text("task_id IS NOT NULL"))


def _ledger_sample() -> None:
    op.create_table(
        "ledger_sample",
        _column("id", sa.Uuid()),
        _column("month", sa.Date()),
        _area(),
        _column("seed", sa.LargeBinary()),
        _column("wanted", JSONB()),
        _column("strata", JSONB()),
        _column("population_hash", sa.String()),
        _column("policy_id", sa.Uuid()),
        _column("drawn_by", sa.Uuid()),
        _moment("drawn_at"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_sample"),
    )
    op.create_index("ix_ledger_sample_area", "ledger_sample", ["area_code", "month"])


def _sampled_row() -> None:
    table = "sampled_row"
    op.create_table(
        table,
        _column("id", sa.Uuid()),
        _column("sample_id", sa.Uuid()),
        _area(),
        _area("village_code"),
        _column("person_id", sa.Uuid()),
        _column("ledger_sealed", sa.LargeBinary()),
        _column("state", sa.String(), default="waiting"),
        _column("calls", sa.SmallInteger(), default="0"),
        sa.Column("wrong_fields", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        _column("answer_sealed", sa.LargeBinary(), nullable=True),
        _column("answered_by", sa.Uuid(), nullable=True),
        _moment("answered_at", nullable=True),
        _column("version", sa.Integer(), default="1"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("sample_id", "person_id", name=f"uq_{table}_sample_id_person_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["ledger_sample.id"], name=f"fk_{table}_sample_id"),
    )
    op.create_index(f"ix_{table}_place", table, ["sample_id", "area_code", "id"])
    op.create_index(f"ix_{table}_waiting", table, ["sample_id", "id"], postgresql_where=sa.text("state = 'waiting'"))
