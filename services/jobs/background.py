"""What runs beside the requests. Each package of the service adds its line to `make_background`."""

from collections.abc import Sequence

from services.jobs.settings import JobsSettings
from services.jobs.usecases.carrying import roll_months
from services.jobs.usecases.indicator_counts import mark_stale, recount_due
from services.jobs.usecases.needs import withdraw_past
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
        every(settings.count_seconds, "indicators", lambda: count_indicators(database)),
        every(settings.sweep_seconds, "indicator days", lambda: mark_indicators(database)),
        every(MONTHS_SECONDS, "ledger months", lambda: roll_months(database, utc_now())),
    ]


async def sweep_needs(database: Database) -> None:
    """Close the needs whose last day has passed."""
    handled = 1
    while handled:
        async with database.write(Scope.everywhere()) as session:
            handled = await withdraw_past(session, utc_now())


async def count_indicators(database: Database) -> None:
    """Count anew the villages whose rows or people have changed."""
    await recount_due(database, utc_now)


async def mark_indicators(database: Database) -> None:
    """Have counted anew what a new day or a new version of the definitions makes due."""
    async with database.write(Scope.everywhere()) as session:
        await mark_stale(session, utc_now())
