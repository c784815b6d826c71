"""Counters of the indicators, and the triggers that say which of them to count anew."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0005"
down_revision = "jobs_0004"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
PROTECTED = ("indicator_state", "indicator_count")
TABLES = ("indicator_due", *PROTECTED)

# In the transaction of the change, on whatever road it came: nobody can forget it. One line for each village and month
# that a statement touched; lines never conflict, so nobody waits for anybody.
MARK = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO indicator_due (area_code, month) SELECT DISTINCT area_code, {month} FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO indicator_due (area_code, month) SELECT DISTINCT area_code, {month} FROM before;
    ELSE
        INSERT INTO indicator_due (area_code, month)
        SELECT area_code, {month} FROM before UNION SELECT area_code, {month} FROM after;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (("INSERT", "NEW TABLE AS after"), ("UPDATE", "OLD TABLE AS before NEW TABLE AS after"))
DELETED = ("DELETE", "OLD TABLE AS before")
MARKED = {"labour_row": "month", "person": "NULL::date"}


def upgrade() -> None:
    _tables()
    for table in PROTECTED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    for table, month in MARKED.items():
        op.execute(MARK.format(name=f"mark_{table}", month=month))
        for event, tables in (*TRIGGERS, DELETED):
            op.execute(
                f"CREATE TRIGGER indicators_{event.lower()} AFTER {event} ON {table} REFERENCING {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_{table}()"
            )


def downgrade() -> None:
    for table in MARKED:
        for event, _ in (*TRIGGERS, DELETED):
            op.execute(f"DROP TRIGGER indicators_{event.lower()} ON {table}")
        op.execute(f"DROP FUNCTION mark_{table}()")
    for table in TABLES:
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "indicator_state",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("month", "area_code", name="pk_indicator_state"),
    )
    op.create_table(
        "indicator_count",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("could", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "area_code", "indicator", name="pk_indicator_count"),
    )
    op.create_table(
        "indicator_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_indicator_due"),
    )
    op.create_index("ix_indicator_due_area", "indicator_due", ["area_code"])
