"""Households and their members."""

import sqlalchemy as sa
from alembic import op

revision = "households_0002"
down_revision = "households_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("national_code", sa.String(), nullable=True),
        sa.Column("household_key", sa.String(), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("natural_village", sa.String(), nullable=True),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
        sa.UniqueConstraint("household_key", name="uq_household_household_key"),
        sa.UniqueConstraint("id", "area_code", name="uq_household_id_area_code"),
        sa.UniqueConstraint("national_code", name="uq_household_national_code"),
    )
    op.create_index("ix_household_area", "household", ["area_code", "id"])
    op.create_index("ix_household_phone_index", "household", ["phone_index"])
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(), nullable=True),
        sa.Column("pupil", sa.Boolean(), nullable=False),
        sa.Column("school_stage", sa.String(), nullable=True),
        sa.Column("labour_skill", sa.String(), nullable=True),
        sa.Column("health", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.String(), nullable=True),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_member_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
    )
    op.create_index("ix_member_household", "member", ["household_id"])
    op.create_index(
        "ix_member_name", "member", [sa.literal_column("string_to_array(name, NULL)")], postgresql_using="gin"
    )
    op.create_index("ix_member_phone_index", "member", ["phone_index"])
    op.create_index(
        "uq_member_person_key", "member", ["person_key"], unique=True, postgresql_where=sa.text("left_on IS NULL")
    )


def downgrade() -> None:
    for table in ("member", "household"):
        op.drop_table(table)
