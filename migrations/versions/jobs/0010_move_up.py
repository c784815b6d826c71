"""The move-up queue as it is kept: everybody's urgency, the villages that were reckoned, and those that have changed."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0010"
down_revision = "jobs_0009"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"

# The functions of 0005, that mark for the indicators, mark for the queue as well: one INSERT more.
MARK = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO indicator_due (area_code, month) SELECT DISTINCT area_code, {month} FROM after;{inserted}
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO indicator_due (area_code, month) SELECT DISTINCT area_code, {month} FROM before;{deleted}
    ELSE
        INSERT INTO indicator_due (area_code, month)
        SELECT area_code, {month} FROM before UNION SELECT area_code, {month} FROM after;{updated}
    END IF;
    RETURN NULL;
END $$
"""
QUEUE = {
    "inserted": "SELECT DISTINCT area_code FROM after",
    "deleted": "SELECT DISTINCT area_code FROM before",
    "updated": "SELECT area_code FROM before UNION SELECT area_code FROM after",
}
MARKED = {"labour_row": "month", "person": "NULL::date"}


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
    _mark({when: f"\n        INSERT INTO move_up_due (area_code) {places};" for when, places in QUEUE.items()})


def downgrade() -> None:
    _mark(dict.fromkeys(QUEUE, ""))
    for table in ("move_up_due", "move_up_village", "move_up_place"):
        op.drop_table(table)


def _mark(queue: dict[str, str]) -> None:
    for table, month in MARKED.items():
        op.execute(MARK.format(name=f"mark_{table}", month=month, **queue))
