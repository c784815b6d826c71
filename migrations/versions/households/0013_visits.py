"""Visits of households without a task, two-person rule, photos, and findings that look like pretence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "households_0013"
down_revision = "households_0012"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
NEW = ("visit_photo", "pretence_finding")


def upgrade() -> None:
    _visits()
    op.add_column("verdict", sa.Column("visit_policy_id", sa.Uuid(), nullable=True))
    op.create_index("ix_task_created", "task", ["created_at"])
    op.create_index(
        "ix_risk_case_confirmed", "risk_case", ["closed_at"], postgresql_where=sa.text("verdict = 'risk_confirmed'")
    )
    _photos()
    _findings()
    for table in NEW:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def _visits() -> None:
    op.alter_column("visit", "task_id", nullable=True)
    op.alter_column("visit", "case_id", nullable=True)
    op.add_column("visit", sa.Column("kind", sa.Text(), server_default="visit", nullable=False))
    op.add_column("visit", sa.Column("text_key", sa.String(), nullable=True))
    op.add_column("visit", sa.Column("second_needed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("visit", sa.Column("policy_id", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("second_by", sa.Uuid(), nullable=True))
    op.add_column("visit", sa.Column("second_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint("uq_visit_id_area_code", "visit", ["id", "area_code"])
    # At commit: a case that goes over to another household takes its visits to that one's area first.
    op.create_foreign_key(
        "fk_visit_household_id_area_code",
        "visit",
        "household",
        ["household_id", "area_code"],
        ["id", "area_code"],
        onupdate="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_index("ix_visit_area", "visit", ["area_code", "visited_at"])
    op.create_index("ix_visit_visitor", "visit", ["visited_by", "visited_at"])
    op.create_index(
        "ix_visit_text", "visit", ["visited_by", "text_key"], postgresql_where=sa.text("text_key IS NOT NULL")
    )


def _photos() -> None:
    op.create_table(
        "visit_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("stored_as", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("likeness", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("origin_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id", "area_code"],
            ["visit.id", "visit.area_code"],
            name="fk_visit_photo_visit_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit_photo"),
        sa.UniqueConstraint("stored_as", name="uq_visit_photo_stored_as"),
    )
    op.create_index("ix_visit_photo_visit", "visit_photo", ["visit_id"])
    op.create_index("ix_visit_photo_digest", "visit_photo", ["digest"])
    op.create_index("ix_visit_photo_area", "visit_photo", ["area_code", "uploaded_at"])
    op.create_index("ix_visit_photo_sender", "visit_photo", ["uploaded_by", "uploaded_at"])
    op.create_index(
        "ix_visit_photo_kept", "visit_photo", ["uploaded_at"], postgresql_where=sa.text("deleted_at IS NULL")
    )


def _findings() -> None:
    op.create_table(
        "pretence_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_pretence_finding_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pretence_finding"),
        sa.UniqueConstraint("key", name="uq_pretence_finding_key"),
    )
    op.create_index("ix_pretence_finding_area", "pretence_finding", ["area_code", "id"])
    op.create_index("ix_pretence_finding_household", "pretence_finding", ["household_id"])


def downgrade() -> None:
    for table in ("pretence_finding", "visit_photo"):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)
    op.drop_index("ix_risk_case_confirmed", "risk_case")
    op.drop_index("ix_task_created", "task")
    op.drop_column("verdict", "visit_policy_id")
    for index in ("ix_visit_text", "ix_visit_visitor", "ix_visit_area"):
        op.drop_index(index, "visit")
    op.drop_constraint("fk_visit_household_id_area_code", "visit", type_="foreignkey")
    op.drop_constraint("uq_visit_id_area_code", "visit", type_="unique")
    for column in ("second_at", "second_by", "policy_id", "second_needed", "text_key", "kind"):
        op.drop_column("visit", column)
    # What has no task could not be told before.
    op.execute("DELETE FROM visit WHERE task_id IS NULL")
    op.alter_column("visit", "case_id", nullable=False)
    op.alter_column("visit", "task_id", nullable=False)
