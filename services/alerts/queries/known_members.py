"""The copy of who lives where, and alerts that follow their person into a household."""

from collections.abc import Sequence
from uuid import UUID

from services.alerts.queries.merging import lock_subjects
from shared.contracts.households import MemberRecord
from shared.db.engine import WriteSession, raw

# Equal moments are decided by the record itself, so that every order of delivery ends the same.
_UPSERT = """
INSERT INTO known_member (person_key, household_id, household_key, area_code, household_class, active, changed_at)
SELECT DISTINCT ON (person_key) * FROM unnest(
    $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::timestamptz[])
    AS new (person_key, household_id, household_key, area_code, household_class, active, changed_at)
ORDER BY person_key, changed_at DESC, active DESC, household_id DESC
ON CONFLICT (person_key) DO UPDATE SET household_id = excluded.household_id, household_key = excluded.household_key,
    area_code = excluded.area_code, household_class = excluded.household_class, active = excluded.active,
    changed_at = excluded.changed_at
WHERE (excluded.changed_at, excluded.active, excluded.household_id)
    > (known_member.changed_at, known_member.active, known_member.household_id)
"""

_KEYS = """
SELECT person_key AS key, household_id::text AS household FROM known_member WHERE person_key = ANY ($1::text[]) AND active
UNION
SELECT household_key, household_id::text FROM known_member
WHERE person_key = ANY ($1::text[]) AND active AND household_key IS NOT NULL
"""

_UNPLACED = "SELECT DISTINCT subject_key FROM alert WHERE merging AND subject_key = ANY ($1::text[])"

# Of several on one household and risk the one that is open stays the newest, else the youngest.
_MOVE = """
SELECT alert.id, COALESCE(moved.household, subject_key) AS subject_key, row_number() OVER (
        PARTITION BY COALESCE(moved.household, subject_key), risk_family
        ORDER BY state IN ('reported', 'checking') DESC, alert.id DESC) = 1 AS merging
FROM alert LEFT JOIN unnest($1::text[], $2::text[]) AS moved (key, household) ON subject_key = moved.key
WHERE merging AND (subject_key = ANY ($1::text[]) OR subject_key = ANY ($2::text[]))
"""
_LOCK = "SELECT id FROM alert WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"
_WRITE = """
UPDATE alert SET subject_key = moved.subject_key, merging = moved.merging
FROM unnest($1::uuid[], $2::text[], $3::bool[]) AS moved (id, subject_key, merging)
WHERE alert.id = moved.id AND moved.merging = $4
"""


async def upsert_members(session: WriteSession, members: Sequence[MemberRecord]) -> None:
    """Keep the newest record of each person."""
    rows = [
        (m.person_key, m.household_id, m.household_key, m.area_code, m.household_class, m.active, m.changed_at)
        for m in members
    ]
    await (await raw(session)).execute(_UPSERT, *map(list, zip(*rows, strict=True)))


async def place_alerts(session: WriteSession, person_keys: Sequence[str]) -> None:
    """Alerts on these persons, or their household's code, that came before the register knew them follow them now."""
    connection = await raw(session)
    households = {row["key"]: row["household"] for row in await connection.fetch(_KEYS, list(person_keys))}
    unplaced = [row["subject_key"] for row in await connection.fetch(_UNPLACED, list(households))]
    if not unplaced:
        return
    moved = {key: households[key] for key in unplaced}
    await lock_subjects(session, [*moved.keys(), *moved.values()])
    rows = await connection.fetch(_MOVE, list(moved), list(moved.values()))
    ids: list[UUID] = [row["id"] for row in rows]
    await connection.execute(_LOCK, ids)
    columns = (ids, [row["subject_key"] for row in rows], [row["merging"] for row in rows])
    for merging in (False, True):  # who makes room goes first
        await connection.execute(_WRITE, *columns, merging)
