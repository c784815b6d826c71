"""Who lives where, as others are told of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.households.rules.whereabouts import Whereabouts
from shared.db.engine import ReadSession, WriteSession, raw

_OF_HOUSEHOLDS = """
SELECT m.person_key, h.id, h.household_key, h.area_code, h.class
FROM household h JOIN member m ON m.household_id = h.id
WHERE h.id = ANY ($1) AND m.left_on IS NULL ORDER BY h.id, m.id
"""
_PAGE = "SELECT id FROM member WHERE id > $1 ORDER BY id LIMIT $2"
# By id and not in the page's own statement: a row that changed while we waited for it would leave the page short.
_LOCK = """
SELECT m.person_key, h.id, h.household_key, h.area_code, h.class, m.left_on IS NULL AS active,
    CASE WHEN m.left_on IS NOT NULL THEN m.updated_at END AS since
FROM member m JOIN household h ON h.id = m.household_id
WHERE m.id = ANY ($1) AND (m.left_on IS NULL OR NOT EXISTS (
    SELECT FROM member elsewhere WHERE elsewhere.person_key = m.person_key AND elsewhere.left_on IS NULL))
ORDER BY m.id FOR SHARE OF m, h
"""
_BEFORE_ALL = UUID(int=0)


async def list_of_households(session: ReadSession, household_ids: Collection[UUID]) -> Sequence[Whereabouts]:
    """All who live in those households."""
    return [Whereabouts(*row) for row in await (await raw(session)).fetch(_OF_HOUSEHOLDS, list(household_ids))]


async def list_member_ids(session: ReadSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Ids of people, those who left as well, in their order."""
    rows = await (await raw(session)).fetch(_PAGE, after or _BEFORE_ALL, limit)
    return [row["id"] for row in rows]


async def lock_whereabouts(session: WriteSession, member_ids: Collection[UUID]) -> Sequence[Whereabouts]:
    """Those people as nobody changes them before our commit. Who left is among them only if they live nowhere now."""
    return [Whereabouts(*row) for row in await (await raw(session)).fetch(_LOCK, list(member_ids))]
