"""What runs beside the requests. Each package of the service adds its line to `make_background`."""

from collections.abc import Sequence
from datetime import timedelta

from services.jobs.ledger_worker import LedgerWorker
from services.jobs.settings import JobsSettings
from services.jobs.usecases.carrying import roll_months
from services.jobs.usecases.ledger_import import Shelf, forget_old_imports
from services.jobs.usecases.needs import withdraw_past
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import FileStore
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault

MONTHS_SECONDS = 600.0
FILES_SECONDS = 3600.0


def make_background(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    shelf = Shelf(FileStore(settings.files), vault)
    kept = timedelta(days=settings.files.kept_days)
    return [
        every(settings.sweep_seconds, "needs", lambda: sweep_needs(database)),
        every(MONTHS_SECONDS, "ledger months", lambda: roll_months(database, utc_now())),
        every(FILES_SECONDS, "ledger files", lambda: sweep_ledger_files(database, shelf, kept)),
        LedgerWorker(database, shelf).run,
    ]


async def sweep_needs(database: Database) -> None:
    """Close the needs whose last day has passed."""
    handled = 1
    while handled:
        async with database.write(Scope.everywhere()) as session:
            handled = await withdraw_past(session, utc_now())


async def sweep_ledger_files(database: Database, shelf: Shelf, kept: timedelta) -> None:
    """Forget the files of the ledger that were kept long enough."""
    while await forget_old_imports(database, shelf, kept, utc_now()):
        pass
