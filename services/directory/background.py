"""What runs beside the requests: old records are swept away."""

from services.directory.usecases.housekeeping import forget_expired
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database


async def sweep(database: Database) -> None:
    """Delete what was kept long enough."""
    async with database.write(Scope.everywhere()) as session:
        await forget_expired(session, utc_now())
