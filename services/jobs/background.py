"""What runs beside the requests. Each package of the service adds its line to `make_background`."""

from collections.abc import Sequence

from services.jobs.settings import JobsSettings
from services.jobs.usecases.carrying import roll_months
from services.jobs.usecases.courses import drop_left_over, end_past, seat_waiting
from services.jobs.usecases.needs import withdraw_past
from services.jobs.usecases.openings import close_past
from services.jobs.usecases.plans import release_overdue
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault

MONTHS_SECONDS = 600.0


def make_background(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[BackgroundWork]:  # noqa: ARG001
    """The work of one process, in the order in which it starts."""
    return [
        every(settings.sweep_seconds, "needs", lambda: sweep_needs(database)),
        every(settings.sweep_seconds, "posts and courses", lambda: sweep_posts(database)),
        every(MONTHS_SECONDS, "ledger months", lambda: roll_months(database, utc_now())),
    ]


async def sweep_needs(database: Database) -> None:
    """Close the needs whose last day has passed."""
    handled = 1
    while handled:
        async with database.write(Scope.everywhere()) as session:
            handled = await withdraw_past(session, utc_now())


async def sweep_posts(database: Database) -> None:
    """Close posts and courses past their last day, let go of openings kept too long, give free seats to who waits."""
    for work in (close_past, end_past, drop_left_over, release_overdue, seat_waiting):
        handled = 1
        while handled:
            async with database.write(Scope.everywhere()) as session:
                handled = await work(session, utc_now())
