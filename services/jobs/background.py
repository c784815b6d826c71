"""What runs beside the requests. Each package of the service adds its line to `make_background`."""

from collections.abc import Sequence
from datetime import timedelta

from services.jobs.queries.matching import forget_inputs
from services.jobs.settings import JobsSettings
from services.jobs.usecases.needs import withdraw_past
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault
from shared.worker_process import keep_process


def make_background(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[BackgroundWork]:  # noqa: ARG001
    """The work of one process, in the order in which it starts."""

    async def keep_matching() -> None:
        await keep_process("services.jobs.matching_worker", settings)

    return [
        every(settings.sweep_seconds, "needs", lambda: sweep_needs(database)),
        every(MATCHING_SECONDS, "matching inputs", lambda: sweep_matching(database, settings.matching_days)),
        keep_matching,
    ]


async def sweep_needs(database: Database) -> None:
    """Close the needs whose last day has passed."""
    handled = 1
    while handled:
        async with database.write(Scope.everywhere()) as session:
            handled = await withdraw_past(session, utc_now())


MATCHING_SECONDS = 6 * 3600.0
"""How often is asked which inputs of matching runs were kept long enough."""


async def sweep_matching(database: Database, kept_days: int) -> None:
    """Forget the inputs of old runs; their digests and what they proposed stay."""
    async with database.write(Scope.everywhere()) as session:
        await forget_inputs(session, utc_now() - timedelta(days=kept_days))
