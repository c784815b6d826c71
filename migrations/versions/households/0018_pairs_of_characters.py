"""Names are found by their pairs of neighbouring characters: a pair is far rarer than two characters anywhere in a name.

Whoever searches gives two characters at least. Building the index takes some ten seconds on 1.75 million people.
"""

from alembic import op

revision = "households_0018"
down_revision = "households_0017"
branch_labels = None
depends_on = None

# Of most names by their length, for that is ten times cheaper; of longer ones once from the first character on and once
# from the second. A single expression of built-in functions, which the planner puts in the place of the call, both where
# it is asked for and in the index.
NAME_PAIRS = r"""
CREATE FUNCTION name_pairs(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE length(name)
        WHEN 1 THEN ARRAY[name]
        WHEN 2 THEN ARRAY[name]
        WHEN 3 THEN ARRAY[substr(name, 1, 2), substr(name, 2, 2)]
        WHEN 4 THEN ARRAY[substr(name, 1, 2), substr(name, 2, 2), substr(name, 3, 2)]
        ELSE string_to_array(regexp_replace(name, '(..)(?=.)', E'\\1\x01', 'g'), E'\x01')
            || string_to_array(regexp_replace(substr(name, 2), '(..)(?=.)', E'\\1\x01', 'g'), E'\x01')
        END
$$
"""
# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
BY_PAIRS = """
    WITH named AS MATERIALIZED (  -- by the index whatever the planner thinks of a page: it knows nothing of pairs
        SELECT id, household_id, area_code, name, left_on FROM member
        WHERE name_pairs(name) @> ARRAY(SELECT substr(wanted, n, 2) FROM generate_series(1, length(wanted) - 1) AS n)
    )
    SELECT id, household_id FROM named WHERE position(wanted IN name) > 0
"""
BY_CHARACTERS = """
    SELECT id, household_id FROM member
    WHERE string_to_array(name, NULL) @> string_to_array(wanted, NULL) AND position(wanted IN name) > 0
"""
MEMBERS_NAMED = """
CREATE OR REPLACE FUNCTION members_named(wanted text, patterns text[], after uuid, most integer)
RETURNS TABLE (member_id uuid, household_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
{named}
        AND left_on IS NULL AND (after IS NULL OR id > after) AND area_code LIKE ANY (patterns) AND {visible}
    ORDER BY id LIMIT most
$$
"""


def upgrade() -> None:
    op.execute(NAME_PAIRS)
    op.execute("DROP INDEX ix_member_name")
    op.execute("CREATE INDEX ix_member_name ON member USING gin (name_pairs(name))")
    op.execute(MEMBERS_NAMED.format(named=BY_PAIRS, visible=VISIBLE))


def downgrade() -> None:
    op.execute(MEMBERS_NAMED.format(named=BY_CHARACTERS, visible=VISIBLE))
    op.execute("DROP INDEX ix_member_name")
    op.execute("CREATE INDEX ix_member_name ON member USING gin (string_to_array(name, NULL))")
    op.execute("DROP FUNCTION name_pairs(text)")
