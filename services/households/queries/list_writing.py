"""A checked list is written: a few statements about whole sets, all in one transaction."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.households.queries import imports, labour
from services.households.queries.list_inserting import WRITTEN, insert_from, nobody_quicker
from services.households.rules.register_imports import RegisterMovedOn
from shared.db.engine import ReadSession, WriteSession, raw

_FIXED = frozenset({"id", "national_code", "household_key", "person_key", "id_number_sealed", "household_id"})
"""What a registered row keeps, whatever a list says."""
_COUNT = """
SELECT (SELECT count(*) FROM staged_household WHERE import_id = $1)
    + (SELECT count(*) FROM staged_member WHERE import_id = $1)
"""
# Households first, in the order of ids, as everybody locks them: those of people who will change among them.
_LOCK_HOUSEHOLDS = """
SELECT id FROM household WHERE id IN (
    SELECT id FROM staged_household WHERE import_id = $1
    UNION SELECT household_id FROM staged_member WHERE import_id = $1 AND (noted OR outcome = 'claimed')
    UNION SELECT household_id FROM import_finding WHERE import_id = $1 AND outcome = 'vanished' AND $2
) ORDER BY id FOR NO KEY UPDATE
"""
_HELD = """
WITH held AS (
    SELECT r.version = s.base_version AS same FROM {table} r JOIN staged_{table} s ON s.id = r.id
    WHERE s.import_id = $1 AND s.base_version IS NOT NULL ORDER BY r.id FOR NO KEY UPDATE OF r
)
SELECT (SELECT count(*) FILTER (WHERE same) FROM held)
    = (SELECT count(*) FROM staged_{table} WHERE import_id = $1 AND base_version IS NOT NULL)
"""
_HELD_VANISHED = """
WITH held AS (
    SELECT m.version = f.version AND m.left_on IS NULL AS same FROM member m JOIN import_finding f ON f.member_id = m.id
    WHERE f.import_id = $1 AND f.outcome = 'vanished' ORDER BY m.id FOR NO KEY UPDATE OF m
)
SELECT coalesce(bool_and(same), true) FROM held
"""
_REMOVE = """
UPDATE member m SET left_on = $2, left_reason = $3, version = m.version + 1, updated_at = $4
FROM import_finding f WHERE f.import_id = $1 AND f.outcome = 'vanished' AND m.id = f.member_id
"""
_LINES = """
INSERT INTO register_change (
    id, household_id, area_code, member_id, what, source, act_id, by, at, fields, detail, sealed
)
SELECT uuidv7(), {household}, area_code, {member}, outcome, 'import', $1, $2, $3, fields, detail, sealed
FROM staged_{table} WHERE import_id = $1 AND noted ORDER BY number
"""
_LINES_OF_REMOVED = """
INSERT INTO register_change (id, household_id, area_code, member_id, what, source, act_id, by, at, fields, detail)
SELECT uuidv7(), f.household_id, f.area_code, f.member_id, 'left', 'import', $1, $2, $3, '{left_reason}',
    jsonb_build_object('left_reason', jsonb_build_array(NULL, $4::text))
FROM import_finding f WHERE f.import_id = $1 AND f.outcome = 'vanished' AND f.member_id IS NOT NULL ORDER BY f.number
"""
_RETOLD = "SELECT id FROM staged_household WHERE import_id = $1 AND retold AND base_version IS NOT NULL"
# Whoever is new together with their household, as they will live. Staged rows say less of somebody than the register.
_NEW = f"""
SELECT {labour.COLUMNS}
FROM (SELECT *, NULL::date AS left_on, NULL::integer AS disability_class, NULL::integer AS disability_level,
    NULL::boolean AS relocated FROM staged_member WHERE import_id = $1 AND outcome = 'added' AND NOT noted) AS m
JOIN (SELECT *, NULL::text AS grade FROM staged_household WHERE import_id = $1) AS h ON h.id = m.household_id
"""  # noqa: S608
# Who is new in a household that is not, and all who live in households of which others hear something else.
_TOLD = f"""
SELECT {labour.COLUMNS}
FROM staged_member s JOIN member m ON m.id = s.id JOIN household h ON h.id = m.household_id
WHERE s.import_id = $1 AND s.outcome = 'added' AND s.noted AND m.household_id <> ALL ($2)
UNION ALL
SELECT {labour.COLUMNS}
FROM staged_household s JOIN household h ON h.id = s.id JOIN member m ON m.household_id = h.id
WHERE s.import_id = $1 AND s.retold AND m.left_on IS NULL
"""  # noqa: S608
_CHANGED = """
SELECT m.person_key FROM staged_member s JOIN member m ON m.id = s.id
WHERE s.import_id = $1 AND s.outcome = 'changed' AND s.fields && $2::text[]
UNION
SELECT m.person_key FROM staged_household s JOIN member m ON m.household_id = s.id
WHERE s.import_id = $1 AND s.fields && '{relocated,relocation_site}' AND m.left_on IS NULL
"""
_TOLD_OF_REMOVED = f"""
SELECT {labour.COLUMNS}
FROM import_finding f JOIN member m ON m.id = f.member_id JOIN household h ON h.id = m.household_id
WHERE f.import_id = $1 AND f.outcome = 'vanished'
"""  # noqa: S608
_CLAIM = """
WITH claimed AS (
    SELECT DISTINCT ON (person_key, detail ->> 'ref') person_key, household_id, area_code, detail ->> 'ref' AS ref, sealed
    FROM staged_member WHERE import_id = $1 AND outcome = 'claimed' ORDER BY person_key, detail ->> 'ref', number
)
SELECT coalesce(claim_persons(array_agg(uuidv7()), array_agg(person_key), array_agg(household_id),
    array_agg(area_code::text), array_agg(ref), array_agg(sealed), $2, 'import', $3), 0)
FROM claimed HAVING count(*) > 0
"""
_SETTLE_REMOVED = """
UPDATE double_entry d SET decision = 'released', settled_by = $2, settled_at = $3, version = d.version + 1
FROM import_finding f
WHERE f.import_id = $1 AND f.outcome = 'vanished' AND d.member_id = f.member_id AND d.settled_at IS NULL
"""
# Nobody lives there any more (销户); after a mistake it stays, to be mended.
_DISSOLVE = """
WITH gone AS (
    UPDATE household h SET dissolved_on = $2, dissolved_reason = $3, version = h.version + 1, updated_at = $4
    WHERE h.id IN (SELECT household_id FROM import_finding WHERE import_id = $1 AND outcome = 'vanished')
        AND h.dissolved_on IS NULL
        AND NOT EXISTS (SELECT FROM member m WHERE m.household_id = h.id AND m.left_on IS NULL)
    RETURNING h.id, h.area_code
)
INSERT INTO register_change (id, household_id, area_code, what, source, act_id, by, at, fields, detail)
SELECT uuidv7(), id, area_code, 'dissolved', 'import', $1, $5, $4, '{dissolved_on,dissolved_reason}',
    jsonb_build_object('dissolved_on', jsonb_build_array(NULL, $2::date), 'dissolved_reason',
        jsonb_build_array(NULL, $3::text))
FROM gone ORDER BY id
"""
# People of whom history has no line of their own are new together with their household.
_TOUCHED = """
SELECT id AS household_id, area_code FROM staged_household WHERE import_id = $1
UNION SELECT household_id, area_code FROM staged_member WHERE import_id = $1 AND noted
"""
_TOUCHED_BY_REMOVAL = """
SELECT household_id, area_code FROM import_finding WHERE import_id = $1 AND outcome = 'vanished'
    AND member_id IS NOT NULL
"""
_CASES = """
SELECT id, area_code, monitoring FROM staged_household WHERE import_id = $1 AND monitoring IS NOT NULL ORDER BY number
"""


async def take_turn(session: WriteSession) -> None:
    """One import at a time, and as long as it takes: a county's list is millions of rows in one transaction."""
    await (await raw(session)).execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
    )
    await imports.take_turn(session)


async def count_staged(session: WriteSession, import_id: UUID) -> int:
    """How many rows wait to be written."""
    return int(await (await raw(session)).fetchval(_COUNT, import_id))


async def hold(session: WriteSession, import_id: UUID, *, vanished: bool) -> None:
    """Lock what will be changed; raises `RegisterMovedOn` unless it is what it was when the list was compared."""
    connection = await raw(session)
    await connection.execute(_LOCK_HOUSEHOLDS, import_id, vanished)
    statements = [
        _HELD.format(table="household"),
        _HELD.format(table="member"),
        *([_HELD_VANISHED] if vanished else []),
    ]
    for statement in statements:
        if not await connection.fetchval(statement, import_id):
            raise RegisterMovedOn


async def write_rows(session: WriteSession, import_id: UUID, now: datetime, *, begun: bool = False) -> None:
    """Change what is registered and insert what is new, all but households where that was `begun` (`list_inserting`).

    Raises `RegisterMovedOn` where somebody was quicker.
    """
    connection = await raw(session)
    # New rows lie in the list's order. Nobody has analysed these tables: the planner would sort what their key has in order.
    await connection.execute("SET LOCAL enable_sort = off")
    with nobody_quicker():
        for table, written in WRITTEN.items():
            sets = ", ".join(f"{name} = s.{name}" for name in written if name not in _FIXED)
            await connection.execute(
                f"UPDATE {table} r SET {sets}, version = r.version + 1, updated_at = $2 FROM staged_{table} s "  # noqa: S608
                "WHERE s.import_id = $1 AND s.base_version IS NOT NULL AND s.id = r.id",
                import_id,
                now,
            )
            if table == "household" and begun:
                continue
            added = f"staged_{table} WHERE import_id = $2 AND outcome = 'added' ORDER BY number"
            await connection.execute(insert_from(added, table), now, import_id)
    await connection.execute("SET LOCAL enable_sort = on")


async def remove_vanished(session: WriteSession, import_id: UUID, on: date, reason: str, now: datetime) -> None:
    """Who is in the list no more leaves the register."""
    await (await raw(session)).execute(_REMOVE, import_id, on, reason, now)


async def dissolve_empty(
    session: WriteSession, import_id: UUID, on: date, reason: str, by: UUID, now: datetime
) -> None:
    """Households from which the last one was removed are no more."""
    await (await raw(session)).execute(_DISSOLVE, import_id, on, reason, now, by)


async def write_history(session: WriteSession, import_id: UUID, by: UUID, now: datetime, removed: str | None) -> None:
    """The register's history: a line for each that changed, and one for a new household with all its people."""
    connection = await raw(session)
    for table, household, member in (("household", "id", "NULL"), ("member", "household_id", "id")):
        await connection.execute(_LINES.format(table=table, household=household, member=member), import_id, by, now)
    if removed is not None:
        await connection.execute(_LINES_OF_REMOVED, import_id, by, now, removed)


async def list_retold(session: WriteSession, import_id: UUID) -> Sequence[UUID]:
    """Registered households of which others hear something else now."""
    return [row["id"] for row in await (await raw(session)).fetch(_RETOLD, import_id)]


async def list_new(session: ReadSession, import_id: UUID, size: int) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """Who is new together with their household, so many at a time, as they are laid out: values of `LabourFacts`.

    It may be waited between two pages as long as it takes to write the rest.
    """
    connection = await raw(session)
    # Nobody can analyse these tables, and the planner takes them for small ones.
    await connection.execute("SET LOCAL enable_nestloop = off; SET LOCAL idle_in_transaction_session_timeout = 0")
    cursor = await connection.cursor(_NEW, import_id)
    while page := await cursor.fetch(size):
        yield list(map(tuple, page))


async def list_told(
    session: WriteSession, import_id: UUID, retold: Sequence[UUID], size: int, *, removed: bool
) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """Whom else others are to hear of, so many at a time, as they live after it is written: values of `LabourFacts`.

    `retold`: see `list_retold`.
    """
    connection = await raw(session)
    cursor = await connection.cursor(
        f"{_TOLD} UNION ALL {_TOLD_OF_REMOVED}" if removed else _TOLD, import_id, list(retold)
    )
    while page := await cursor.fetch(size):
        yield list(map(tuple, page))


async def list_changed(
    session: WriteSession, import_id: UUID, fields: Collection[str], size: int
) -> AsyncIterator[Sequence[str]]:
    """Keys of registered people of whom the list says something else in one of `fields`, so many at a time."""
    cursor = await (await raw(session)).cursor(_CHANGED, import_id, list(fields))
    while page := await cursor.fetch(size):
        yield [row["person_key"] for row in page]


async def list_cases(session: WriteSession, import_id: UUID) -> Sequence[Any]:
    """What the list says of households whose monitoring is to be taken over: id, area_code, monitoring."""
    found: Sequence[Any] = await (await raw(session)).fetch(_CASES, import_id)
    return found


async def claim_staged(session: WriteSession, import_id: UUID, by: UUID, now: datetime) -> int:
    """Put on record whom the list has in other households than the register; how many those were."""
    return await (await raw(session)).fetchval(_CLAIM, import_id, by, now) or 0


async def settle_removed(session: WriteSession, import_id: UUID, by: UUID, now: datetime) -> None:
    """Nobody claims those who left."""
    await (await raw(session)).execute(_SETTLE_REMOVED, import_id, by, now)


async def put_due(session: WriteSession, import_id: UUID, cause: str, now: datetime, *, removed: bool) -> None:
    """Let the households it touched, or those whose people it removed, wait for what follows (`follow_due`)."""
    await (await raw(session)).execute(
        "INSERT INTO grade_due (id, household_id, cause, at) SELECT uuidv7(), household_id, $2, $3 "  # noqa: S608
        f"FROM ({_TOUCHED_BY_REMOVAL if removed else _TOUCHED}) AS touched GROUP BY household_id ORDER BY household_id",
        import_id,
        cause,
        now,
    )


async def list_touched_areas(session: WriteSession, import_id: UUID, *, removed: bool) -> list[str]:
    """The villages of all of them."""
    touched = f"{_TOUCHED} UNION {_TOUCHED_BY_REMOVAL}" if removed else _TOUCHED
    rows = await (await raw(session)).fetch(f"SELECT DISTINCT area_code FROM ({touched}) AS touched", import_id)  # noqa: S608
    return [row["area_code"] for row in rows]
