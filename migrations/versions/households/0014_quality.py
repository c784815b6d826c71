"""Findings of the audit rules, and how far each night has come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "households_0014"
down_revision = "households_0013"
branch_labels = None
depends_on = None

OPEN = "mended_at IS NULL"
# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"

# Whether a number or a phone stands in a household out of sight: it tells that, not where. Runs as the owner, so it
# keeps to the asker's areas itself: only of households that the asker may see.
SEEN_ELSEWHERE = f"""
CREATE FUNCTION seen_elsewhere(households uuid[]) RETURNS TABLE (household_id uuid, member_id uuid, what text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH home AS (
        SELECT h.id, h.phone_index FROM household h WHERE h.id = ANY (households) AND {VISIBLE}
    ), person AS (
        SELECT m.id, m.household_id, m.person_key, m.phone_index
        FROM member m JOIN home ON home.id = m.household_id WHERE m.left_on IS NULL
    ), phone AS (
        SELECT id AS household_id, NULL::uuid AS member_id, phone_index FROM home WHERE phone_index IS NOT NULL
        UNION ALL SELECT household_id, id, phone_index FROM person WHERE phone_index IS NOT NULL
    )
    SELECT p.household_id, p.member_id, 'phone' FROM phone p
    WHERE EXISTS (
        SELECT FROM household o
        WHERE o.phone_index = p.phone_index AND o.id <> p.household_id AND o.dissolved_on IS NULL
    )
    UNION ALL SELECT p.household_id, p.member_id, 'phone' FROM phone p
    WHERE EXISTS (
        SELECT FROM member o
        WHERE o.phone_index = p.phone_index AND o.household_id <> p.household_id AND o.left_on IS NULL
    )
    UNION ALL SELECT p.household_id, p.id, 'dead' FROM person p
    WHERE EXISTS (SELECT FROM member o WHERE o.person_key = p.person_key AND o.left_reason = 'deceased')
    UNION ALL SELECT p.household_id, p.id, 'claimed' FROM person p
    WHERE EXISTS (SELECT FROM double_entry d WHERE d.member_id = p.id AND d.settled_at IS NULL)
$$
"""  # noqa: S608
SIGNATURE = "seen_elsewhere(uuid[])"


def upgrade() -> None:
    op.create_table(
        "quality_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mended_by", sa.Uuid(), nullable=True),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("explained_by", sa.Uuid(), nullable=True),
        sa.Column("explanation_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_quality_finding_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quality_finding"),
    )
    op.create_index(
        "uq_quality_finding_open",
        "quality_finding",
        ["household_id", "rule", "member_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text(OPEN),
    )
    op.create_index("ix_quality_finding_household", "quality_finding", ["household_id", "id"])
    for name, columns, where in (
        ("ix_quality_finding_area", ["area_code", "id"], OPEN),
        ("ix_quality_finding_rule", ["rule", "area_code", "id"], OPEN),
        ("ix_quality_finding_counts", ["area_code", "rule", "severity"], f"{OPEN} AND explained_at IS NULL"),
    ):
        op.create_index(name, "quality_finding", columns, postgresql_where=sa.text(where))
    op.execute("ALTER TABLE quality_finding ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON quality_finding USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    op.create_table(
        "quality_night",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reached", sa.Text(collation="C"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_quality_night"),
    )
    op.create_table(
        "quality_due",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", name="pk_quality_due"),
    )
    op.create_index(
        "ix_member_deceased", "member", ["person_key"], postgresql_where=sa.text("left_reason = 'deceased'")
    )
    op.execute(SEEN_ELSEWHERE)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO households")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_index("ix_member_deceased", "member")
    op.drop_table("quality_due")
    op.drop_table("quality_night")
    op.execute("DROP POLICY area ON quality_finding")
    op.drop_table("quality_finding")
