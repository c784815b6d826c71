"""The register at full strength: the fields of the national lists, its history, and persons entered twice.

The new columns of household and member are empty or have a constant default, so that no row is written anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision = "households_0008"
down_revision = "households_0007"
branch_labels = None
depends_on = None

HOUSEHOLD: tuple[tuple[str, TypeEngine[Any]], ...] = (
    ("relocated", sa.Boolean()),
    ("relocation_site", sa.String()),
    ("dwelling_level", sa.String()),
    ("only_home", sa.Boolean()),
    ("safe_housing", sa.Boolean()),
    ("safe_water", sa.Boolean()),
    ("schooling_met", sa.Boolean()),
    ("medical_met", sa.Boolean()),
    ("land_mu", sa.Numeric(8, 2)),
    ("road_km", sa.Numeric(6, 2)),
    ("no_labour_covered", sa.Boolean()),
    ("poverty_cause", sa.String()),
    ("grade", sa.String()),
    ("monitoring_class", sa.String()),
    ("monitoring_state", sa.String()),
    ("main_risk", sa.String()),
    ("risks", sa.ARRAY(sa.Text())),
    ("dissolved_on", sa.Date()),
    ("dissolved_reason", sa.String()),
    ("merged_into", sa.Uuid()),
)
MEMBER: tuple[tuple[str, TypeEngine[Any]], ...] = (
    ("national_member_code", sa.String()),
    ("ethnic_group", sa.String()),
    ("political_status", sa.String()),
    ("education", sa.String()),
    ("disability_class", sa.SmallInteger()),
    ("disability_level", sa.SmallInteger()),
    ("work_area", sa.String()),
    ("work_months", sa.SmallInteger()),
    ("work_income", sa.Numeric(10, 2)),
    ("public_post", sa.Boolean()),
    ("medical_insurance", sa.String()),
    ("serious_illness_insurance", sa.Boolean()),
    ("pension", sa.String()),
    ("minimum_living_allowance", sa.Boolean()),
    ("extreme_poverty_support", sa.Boolean()),
    ("relocated", sa.Boolean()),
)
ALWAYS_THERE: dict[str, dict[str, Any]] = {"risks": {"server_default": sa.text("'{}'"), "nullable": False}}

# Equality and order of texts are leakproof and so is the element of an array, so these serve under row-level security;
# an operator of arrays is not. A household has at most five risks: each place has its index.
FILTERS = {
    "ix_household_class": (["class", "area_code", "id"], "dissolved_on IS NULL"),
    "ix_household_grade": (["grade", "area_code", "id"], "dissolved_on IS NULL AND grade IS NOT NULL"),
    "ix_household_monitoring": (
        ["monitoring_state", "area_code", "id"],
        "dissolved_on IS NULL AND monitoring_state IS NOT NULL",
    ),
    "ix_household_natural_village": (["natural_village", "area_code", "id"], "dissolved_on IS NULL"),
    "ix_household_dissolved": (["area_code", "id"], "dissolved_on IS NOT NULL"),
    "ix_household_merged_into": (["merged_into"], "merged_into IS NOT NULL"),
}

RISKS = range(1, 6)

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "{column} LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
OF_HOUSEHOLD = VISIBLE.format(column="area_code")
EITHER_SIDE = f"{OF_HOUSEHOLD} OR {VISIBLE.format(column='claimed_area_code')}"

# Where the person lives may be out of the claimant's sight: it is put on record here and told to nobody.
CLAIM_PERSONS = """
CREATE FUNCTION claim_persons(
    ids uuid[], keys text[], households uuid[], areas text[], refs text[], claims bytea[],
    claimed_by uuid, claimed_through text, moment timestamptz
) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH claimed AS (
        INSERT INTO double_entry (
            id, person_key, member_id, household_id, area_code, claimed_household_id, claimed_area_code, claimed_ref,
            claim_sealed, source, times, first_by, first_at, last_at, version
        )
        SELECT claim.id, claim.key, m.id, m.household_id, m.area_code, claim.household_id, claim.area_code, claim.ref,
            claim.sealed, claimed_through, 1, claimed_by, moment, moment, 1
        FROM unnest(ids, keys, households, areas, refs, claims)
            AS claim (id, key, household_id, area_code, ref, sealed)
        JOIN member m ON m.person_key = claim.key AND m.left_on IS NULL
        WHERE m.household_id IS DISTINCT FROM claim.household_id
        ON CONFLICT (person_key, claimed_ref) WHERE settled_at IS NULL DO UPDATE SET
            member_id = excluded.member_id, household_id = excluded.household_id, area_code = excluded.area_code,
            claim_sealed = excluded.claim_sealed, times = double_entry.times + 1, last_at = excluded.last_at
        RETURNING 1
    )
    SELECT count(*) FROM claimed
$$
"""
# The case of a household may have a task on a desk above whoever moves it: the task follows the case all the same.
TASKS_FOLLOW = """
CREATE FUNCTION tasks_follow(cases uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE task SET household_id = c.household_id FROM risk_case c WHERE c.id = task.case_id AND c.id = ANY (cases)
$$
"""
# As `member_named` of 0004, a page at a time: thousands may have part of a name in common.
MEMBERS_NAMED = f"""
CREATE FUNCTION members_named(wanted text, patterns text[], after uuid, most integer)
RETURNS TABLE (member_id uuid, household_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT id, household_id FROM member
    WHERE string_to_array(name, NULL) @> string_to_array(wanted, NULL) AND position(wanted IN name) > 0
        AND left_on IS NULL AND (after IS NULL OR id > after) AND area_code LIKE ANY (patterns) AND {OF_HOUSEHOLD}
    ORDER BY id LIMIT most
$$
"""  # noqa: S608
FUNCTIONS = {
    "members_named(text, text[], uuid, integer)": MEMBERS_NAMED,
    "claim_persons(uuid[], text[], uuid[], text[], text[], bytea[], uuid, text, timestamptz)": CLAIM_PERSONS,
    "tasks_follow(uuid[])": TASKS_FOLLOW,
}


def upgrade() -> None:
    for table, columns in (("household", HOUSEHOLD), ("member", MEMBER)):
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, **ALWAYS_THERE.get(name, {})))
    op.create_foreign_key("fk_household_merged_into_household", "household", "household", ["merged_into"], ["id"])
    for name, (columns, where) in FILTERS.items():
        op.create_index(name, "household", columns, postgresql_where=sa.text(where))
    for place in RISKS:
        op.create_index(
            f"ix_household_risk_{place}",
            "household",
            [sa.literal_column(f"(risks[{place}])"), "area_code", "id"],
            postgresql_where=sa.text(f"dissolved_on IS NULL AND risks[{place}] IS NOT NULL"),
        )
    _history()
    _double_entries()
    for signature, definition in FUNCTIONS.items():
        op.execute(definition)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO households")


def _history() -> None:
    op.create_table(
        "register_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("detail", JSONB(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_register_change_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_register_change"),
    )
    op.create_index("ix_register_change_household", "register_change", ["household_id", "id"])
    op.execute("ALTER TABLE register_change ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON register_change USING ({OF_HOUSEHOLD}) WITH CHECK ({OF_HOUSEHOLD})")


def _double_entries() -> None:
    op.create_table(
        "double_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("claimed_household_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("claimed_ref", sa.String(), nullable=False),
        sa.Column("claim_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_by", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_double_entry_member_id_member"),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_double_entry_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["claimed_household_id", "claimed_area_code"],
            ["household.id", "household.area_code"],
            name="fk_double_entry_claimed_household_id_claimed_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_double_entry"),
    )
    op.create_index("ix_double_entry_member", "double_entry", ["member_id"])
    op.create_index("ix_double_entry_household", "double_entry", ["household_id"])
    op.create_index("ix_double_entry_claimed_household", "double_entry", ["claimed_household_id"])
    op.create_index(
        "uq_double_entry_open",
        "double_entry",
        ["person_key", "claimed_ref"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.execute("ALTER TABLE double_entry ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON double_entry USING ({EITHER_SIDE}) WITH CHECK ({EITHER_SIDE})")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in ("double_entry", "register_change"):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)
    for name in [*FILTERS, *(f"ix_household_risk_{place}" for place in RISKS)]:
        op.drop_index(name, "household")
    op.drop_constraint("fk_household_merged_into_household", "household")
    for table, columns in (("member", MEMBER), ("household", HOUSEHOLD)):
        for name, _ in reversed(columns):
            op.drop_column(table, name)
