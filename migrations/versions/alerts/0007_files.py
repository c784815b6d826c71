"""Files, what was wrong in them, what became of their rows, and the rows that wait for the register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "alerts_0007"
down_revision = "alerts_0006"
branch_labels = None
depends_on = None

COUNTS = (
    *("rows_read", "screened", "triggered", "matched", "stored", "repeated", "merged", "worsened", "snoozed"),
    *("rejected", "unmatched", "rematched", "faults", "attempts"),
)


def upgrade() -> None:
    _files()
    _rows()
    op.create_table(
        "unmatched_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("dedup", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=True),
        sa.Column("household_key", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("due", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_unmatched_row_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unmatched_row"),
    )
    op.create_index("uq_unmatched_row_feed_dedup", "unmatched_row", ["feed", "dedup"], unique=True)
    op.create_index("ix_unmatched_row_due", "unmatched_row", ["id"], postgresql_where=sa.text("due"))
    for column in ("file_id", "person_key", "household_key", "expires_at"):
        op.create_index(f"ix_unmatched_row_{column}", "unmatched_row", [column])


def downgrade() -> None:
    for table in ("unmatched_row", "file_part", "file_fault", "file"):
        op.drop_table(table)


def _files() -> None:
    op.create_table(
        "file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows_estimate", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        sa.Column("failure", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
    )
    came_to_something = sa.text("state <> 'failed' AND state <> 'cancelled'")
    op.create_index("uq_file_digest", "file", ["digest"], unique=True, postgresql_where=came_to_something)
    op.create_index("ix_file_waiting", "file", ["id"], postgresql_where=sa.text("finished_at IS NULL"))
    op.create_index("ix_file_feed_id", "file", ["feed", "id"])
    op.create_index("ix_file_finished_at", "file", ["finished_at"])


def _rows() -> None:
    op.create_table(
        "file_fault",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_file_fault_file_id"),
        sa.PrimaryKeyConstraint("file_id", "sheet", "row_number", "field", "code", name="pk_file_fault"),
    )
    op.create_table(
        "file_part",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_file_part_file_id"),
        sa.PrimaryKeyConstraint("file_id", "first_row", name="pk_file_part"),
    )
