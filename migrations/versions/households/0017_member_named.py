"""`member_named` goes: `members_named` (0008), a page at a time, has taken its place."""

from alembic import op

revision = "households_0017"
down_revision = "households_0016"
branch_labels = None
depends_on = None

SIGNATURE = "member_named(text)"
# As in 0004.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
MEMBER_NAMED = f"""
CREATE FUNCTION member_named(wanted text) RETURNS TABLE (member_id uuid, household_id uuid, area_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT id, household_id, area_code FROM member
    WHERE string_to_array(name, NULL) @> string_to_array(wanted, NULL) AND position(wanted IN name) > 0
        AND left_on IS NULL AND {VISIBLE}
$$
"""  # noqa: S608


def upgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")


def downgrade() -> None:
    op.execute(MEMBER_NAMED)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO households")
