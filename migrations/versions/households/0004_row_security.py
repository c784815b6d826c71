"""Row-level security on household data, and the questions that must be asked underneath it.

Each transaction of the service says in `app.areas` which areas it may see (LIKE patterns, comma between); one that
says nothing sees nothing. The tables' owner, who runs migrations and foreign keys, is exempt.
"""

from alembic import op

revision = "households_0004"
down_revision = "households_0003"
branch_labels = None
depends_on = None

FUNCTIONS = ("member_named(text)", "persons_registered(text[])", "households_registered(text[])")
TABLES = ("household", "member", "risk_case", "evidence", "task", "visit")

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"

# Under row-level security only leakproof operators may use an index, and neither LIKE nor @> is one. So the search
# by name runs as the owner and applies the same condition itself.
MEMBER_NAMED = f"""
CREATE FUNCTION member_named(wanted text) RETURNS TABLE (member_id uuid, household_id uuid, area_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT id, household_id, area_code FROM member
    WHERE string_to_array(name, NULL) @> string_to_array(wanted, NULL) AND position(wanted IN name) > 0
        AND left_on IS NULL AND {VISIBLE}
$$
"""  # noqa: S608

# One person in two households must be found even when the other is out of sight: these tell that, not where.
PERSONS_REGISTERED = """
CREATE FUNCTION persons_registered(keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT person_key FROM member WHERE person_key = ANY (keys) AND left_on IS NULL
$$
"""
HOUSEHOLDS_REGISTERED = """
CREATE FUNCTION households_registered(codes text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT national_code FROM household WHERE national_code = ANY (codes)
$$
"""


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")
    for function in (MEMBER_NAMED, PERSONS_REGISTERED, HOUSEHOLDS_REGISTERED):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO households")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in TABLES:
        op.execute(f"DROP POLICY area ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
