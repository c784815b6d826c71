"""Names of the people whom an import found missing."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from services.households.models import Member
from shared.db.engine import ReadSession


async def find_member_names(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by id, of those within the session's areas."""
    if not ids:
        return {}
    return {row.id: row.name for row in await session.execute(select(Member.id, Member.name).where(Member.id.in_(ids)))}
