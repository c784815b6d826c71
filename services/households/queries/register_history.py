"""The history of a household."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.households.models import RegisterChange
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.pages import newest_first
from shared.db.within import within


async def list_changes(
    session: ReadSession, scope: Scope, household_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[RegisterChange]:
    """What became of a household and its people, newest first."""
    query = select(RegisterChange).where(
        RegisterChange.household_id == household_id, within(RegisterChange.area_code, scope)
    )
    return (await session.scalars(newest_first(query, RegisterChange.id, before=before, limit=limit))).all()
