"""The move-up queue as it is kept: everybody's urgency, the villages that were reckoned, and those that have changed."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0010"
down_revision = "jobs_0009"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"

# As for the indicators: in the transaction of the change, on whatever road it came; lines never conflict.
MARK = """
CREATE FUNCTION mark_move_up() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO move_up_due (area_code) SELECT DISTINCT area_code FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO move_up_due (area_code) SELECT DISTINCT area_code FROM before;
    ELSE
        INSERT INTO move_up_due (area_code) SELECT area_code FROM before UNION SELECT area_code FROM after;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "insert": "NEW TABLE AS after",
    "update": "OLD TABLE AS before NEW TABLE AS after",
    "delete": "OLD TABLE AS before",
}
MARKED = ("labour_row", "person")


def upgrade() -> None:
    op.create_table(
        "move_up_place",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", "urgency", "person_id", name="pk_move_up_place"),
    )
    op.create_table(
        "move_up_village",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("medians_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("area_code", name="pk_move_up_village"),
    )
    op.create_table(
        "move_up_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_move_up_due"),
    )
    op.create_index("ix_move_up_due_area", "move_up_due", ["area_code"])
    op.execute("ALTER TABLE move_up_place ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY area ON move_up_place USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    op.execute(MARK)
    for table in MARKED:
        for event, tables in TRIGGERS.items():
            op.execute(
                f"CREATE TRIGGER move_up_{event} AFTER {event} ON {table} REFERENCING {tables} "
                "FOR EACH STATEMENT EXECUTE FUNCTION mark_move_up()"
            )


def downgrade() -> None:
    for table in MARKED:
        for event in TRIGGERS:
            op.execute(f"DROP TRIGGER move_up_{event} ON {table}")
    op.execute("DROP FUNCTION mark_move_up()")
    for table in ("move_up_due", "move_up_village", "move_up_place"):
        op.drop_table(table)
