"""The labour ledger: a row for each person and month, every change of it, both in partitions by month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "jobs_0003"
down_revision = "jobs_0002"
branch_labels = None
depends_on = None

VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
PARTITIONED = ("labour_row", "labour_change")
FIRST_OF_MONTH = "EXTRACT(day FROM month) = 1"

# The service's role owns nothing and makes no table, so the owner does it for it. A partition is made beside the
# parent and then attached: unlike CREATE TABLE ... PARTITION OF that stops no reader. Policies are not inherited, and
# what a later migration grants on "all tables" would open a partition that had none.
MAKE_MONTHS = f"""
CREATE FUNCTION make_ledger_months(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    made integer := 0;
    month date;
    parent text;
    part text;
BEGIN
    IF last - first > 3700 THEN
        RAISE EXCEPTION 'more than ten years of months';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('shouwang-ledger-months'));
    month := date_trunc('month', first::timestamp)::date;
    WHILE month <= last LOOP
        FOREACH parent IN ARRAY ARRAY['labour_row', 'labour_change'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            EXECUTE format(
                'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 85)', part, parent
            );
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
            EXECUTE format($p$CREATE POLICY area ON %I USING ({VISIBLE}) WITH CHECK ({VISIBLE})$p$, part);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, part, month, (month + interval '1 month')::date
            );
            made := made + 1;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$
"""


def upgrade() -> None:
    _rows()
    _changes()
    _months()
    for table in PARTITIONED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    op.execute(MAKE_MONTHS)
    op.execute("REVOKE EXECUTE ON FUNCTION make_ledger_months(date, date) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION make_ledger_months(date, date) TO jobs")
    # Two years back, for "last year's" is compared with; from then on background work makes them ahead.
    op.execute("SELECT make_ledger_months((current_date - interval '24 months')::date, current_date + 70)")


def _rows() -> None:
    op.create_table(
        "labour_row",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("work_area", sa.String(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("employer_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("employer_key", sa.String(), nullable=True),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("trade", sa.String(), nullable=True),
        sa.Column("work_kind", sa.String(), nullable=True),
        sa.Column("wage", sa.Numeric(8, 2), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("point_to_point", sa.Boolean(), nullable=True),
        sa.Column("organised", sa.Boolean(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("stability", sa.String(), nullable=True),
        sa.Column("compared", sa.String(), nullable=True),
        sa.Column("wants_change", sa.Boolean(), nullable=True),
        sa.Column("services", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("plan_area", sa.String(), nullable=True),
        sa.Column("plan_on", sa.Date(), nullable=True),
        sa.Column("able", sa.Boolean(), nullable=True),
        sa.Column("willing", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("possible_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(FIRST_OF_MONTH, name="ck_labour_row_month"),
        sa.PrimaryKeyConstraint("person_id", "month", name="pk_labour_row"),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index("ix_labour_row_area", "labour_row", ["area_code", "person_id"])


def _changes() -> None:
    op.create_table(
        "labour_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=True),
        sa.Column("employer_from_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("employer_to_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(FIRST_OF_MONTH, name="ck_labour_change_month"),
        sa.PrimaryKeyConstraint("id", "month", name="pk_labour_change"),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index("ix_labour_change_person", "labour_change", ["person_id", "id"])


def _months() -> None:
    op.create_table(
        "ledger_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_ledger_month"),
    )
    op.create_table(
        "ledger_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_as", sa.String(), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=True),
        sa.Column("failure", postgresql.JSONB(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_import"),
    )
    op.create_index(
        "ix_ledger_import_waiting",
        "ledger_import",
        ["id"],
        postgresql_where=sa.text("state IN ('queued', 'checking', 'applying')"),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION make_ledger_months(date, date)")
    for table in ("ledger_import", "ledger_month", "labour_change", "labour_row"):
        op.drop_table(table)
