"""Lines of income and rigid spending, what they add up to, and what waits for its household."""

import sqlalchemy as sa
from alembic import op

revision = "households_0009"
down_revision = "households_0008"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
# It has no area yet: only who sees everything (consumers and jobs) sees it.
EVERYWHERE = "'%' = ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
POLICIES = {"income_entry": VISIBLE, "income_summary": VISIBLE, "income_waiting": EVERYWHERE}

YUAN, SUM = sa.Numeric(12, 2), sa.Numeric(14, 2)
SUMS = (
    "wages",
    "business",
    "property",
    "transfers",
    "business_costs",
    "claims",
    "rigid_medical",
    "rigid_education",
    "rigid_disaster",
    "rigid_accident",
    "net_income",
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _entries()
    _summaries()
    _waiting()
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


def _entries() -> None:
    op.create_table(
        "income_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("amount", YUAN, nullable=False),
        sa.Column("month_first", sa.Integer(), nullable=False),
        sa.Column("month_last", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("source_ref", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("place_area", sa.String(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0 OR corrects_id IS NOT NULL", name="ck_income_entry_not_negative"),
        sa.CheckConstraint(
            "month_first <= month_last AND month_last - month_first < 120", name="ck_income_entry_months"
        ),
        _household("income_entry"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_income_entry_member_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_income_entry_visit_id"),
        sa.ForeignKeyConstraint(["corrects_id"], ["income_entry.id"], name="fk_income_entry_corrects_id"),
        sa.PrimaryKeyConstraint("id", name="pk_income_entry"),
    )
    op.create_index("ix_income_entry_household", "income_entry", ["household_id", "id"])
    op.create_index("uq_income_entry_source_ref", "income_entry", ["source_ref", "source", "revision"], unique=True)


def _summaries() -> None:
    op.create_table(
        "income_summary",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("period_first", sa.Date(), nullable=False),
        sa.Column("period_last", sa.Date(), nullable=False),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, SUM, nullable=False) for name in SUMS),
        sa.Column("net_per_head", SUM, nullable=True),
        sa.Column("reference_per_head", SUM, nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("line_policy_id", sa.Uuid(), nullable=True),
        sa.Column("rules_policy_id", sa.Uuid(), nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        _household("income_summary"),
        sa.PrimaryKeyConstraint("household_id", name="pk_income_summary"),
    )
    op.create_index("ix_income_summary_area", "income_summary", ["area_code", "household_id"])


def _waiting() -> None:
    op.create_table(
        "income_waiting",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=True),
        sa.Column("household_key", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("amount", YUAN, nullable=False),
        sa.Column("month_first", sa.Integer(), nullable=False),
        sa.Column("month_last", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("place_area", sa.String(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "source_ref", name="pk_income_waiting"),
    )
    op.create_index("ix_income_waiting_person_key", "income_waiting", ["person_key"])
    op.create_index("ix_income_waiting_household_key", "income_waiting", ["household_key"])


def downgrade() -> None:
    for table in reversed(POLICIES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)
