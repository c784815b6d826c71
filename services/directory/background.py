"""What runs beside the requests. `make_background` lists all of it."""

from collections.abc import Sequence
from datetime import datetime

from services.directory.usecases.housekeeping import forget_expired
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.http.app import BackgroundWork, every

FORGET_SECONDS = 3600.0


def make_background(database: Database) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    return [every(FORGET_SECONDS, "what has expired", lambda: forget_old(database, utc_now()))]


async def forget_old(database: Database, now: datetime) -> None:
    """Forget tokens, keys and failures that mean nothing any more."""
    async with database.write(Scope.everywhere()) as session:
        await forget_expired(session, now)
