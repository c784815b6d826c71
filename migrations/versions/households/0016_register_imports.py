"""Imports of list workbooks: the sets, what stands in their way, and what they would write.

What they would write lies in unlogged tables: twice as fast, and after a crash of the database, when they are empty,
the list is compared once more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "households_0016"
down_revision = "households_0015"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
SECURED = ("import_finding", "staged_household", "staged_member")

OF_HOUSEHOLD = """
    id, national_code, household_key, area_code, address, natural_village, class, phone_sealed, phone_index, relocated,
    relocation_site, dwelling_level, only_home, safe_housing, safe_water, schooling_met, medical_met, land_mu, road_km,
    no_labour_covered, poverty_cause
"""
OF_MEMBER = """
    id, household_id, area_code, name, id_number_sealed, person_key, relation, sex, birth_on, phone_sealed, phone_index,
    pupil, school_stage, labour_skill, health, national_member_code, ethnic_group, political_status, education,
    work_area, work_months, serious_illness_insurance
"""
# The register's own columns, of the very types they have there.
STAGED = """
CREATE UNLOGGED TABLE staged_{table} AS
SELECT NULL::uuid AS import_id, NULL::integer AS number, NULL::text AS outcome, NULL::boolean AS noted,
    NULL::smallint AS file, NULL::smallint AS sheet, NULL::integer AS row_number, NULL::integer AS base_version,
    NULL::text[] AS fields, NULL::jsonb AS detail, NULL::bytea AS sealed,{more} {columns}
FROM {table} WITH NO DATA
"""
NEVER_NULL = ("import_id", "number", "outcome", "noted", "file", "sheet", "row_number", "fields", "area_code")


def upgrade() -> None:
    op.create_table(
        "register_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("files_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_as", sa.String(), nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("own_area", sa.String(), nullable=False),
        sa.Column("rows_estimate", sa.Integer(), nullable=True),
        sa.Column("rows_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("counts", JSONB(), nullable=True),
        sa.Column("notes", JSONB(), nullable=True),
        sa.Column("staged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", JSONB(), nullable=True),
        sa.Column("removal_reason", sa.String(), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("applied_as", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_register_import"),
    )
    op.create_index(
        "ix_register_import_waiting",
        "register_import",
        ["id"],
        postgresql_where=sa.text("state IN ('queued', 'checking', 'applying')"),
    )
    _findings()
    for table, columns, more in (
        ("household", OF_HOUSEHOLD, " NULL::boolean AS retold, NULL::jsonb AS monitoring,"),
        ("member", OF_MEMBER, ""),
    ):
        op.execute(STAGED.format(table=table, columns=columns, more=more))
        for column in (*NEVER_NULL, *(["retold"] if more else [])):
            op.alter_column(f"staged_{table}", column, nullable=False)
        op.create_primary_key(f"pk_staged_{table}", f"staged_{table}", ["import_id", "number"])
    for table in SECURED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def _findings() -> None:
    op.create_table(
        "import_finding",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("national_code", sa.String(), nullable=True),
        sa.Column("file", sa.SmallInteger(), nullable=True),
        sa.Column("sheet", sa.SmallInteger(), nullable=True),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name="fk_import_finding_import_id_register_import"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_import_finding"),
    )
    op.create_index("ix_import_finding_outcome", "import_finding", ["import_id", "outcome", "number"])


def downgrade() -> None:
    for table in SECURED:
        op.execute(f"DROP POLICY area ON {table}")
    for table in ("staged_member", "staged_household", "import_finding", "register_import"):
        op.drop_table(table)
