"""Files that nobody knows of: their process died before it could say what they were."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from shared.areas import Scope
from shared.db.engine import Database
from shared.files.shelf import Shelf
from shared.files.store import though_refused

GRACE = timedelta(days=1)
"""So long a file may lie there before its row is written: it is still arriving. After that its process died."""


async def forget_orphans(
    database: Database, shelf: Shelf, now: datetime, key: InstrumentedAttribute[Any], *kept: ColumnElement[bool]
) -> int:
    """Delete the files whose `key`, what the first part of their name says, stands in no row that is `kept`; how many."""
    older = await shelf.list_older(now - GRACE)
    keys = {one for one, _ in older}
    async with database.read(Scope.everywhere()) as session:
        known: set[UUID] = set(await session.scalars(select(key).where(key.in_(keys), *kept)))
    orphans = [name for one, name in older if one not in known]
    for name in orphans:
        with though_refused():
            await shelf.store.delete(name)
    return len(orphans)
