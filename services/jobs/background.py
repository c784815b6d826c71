"""What runs beside the requests. Each package of the service adds its line to `make_background`."""

from collections.abc import Sequence
from datetime import timedelta

from services.jobs.ledger_worker import LedgerWorker
from services.jobs.reconciliation_worker import ReconciliationWorker
from services.jobs.settings import JobsSettings
from services.jobs.usecases import reconciliation, reconciliation_tasks
from services.jobs.usecases.carrying import roll_months
from services.jobs.usecases.ledger_import import Shelf, forget_old_imports
from services.jobs.usecases.needs import withdraw_past
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import FileStore
from shared.http.app import BackgroundWork, every
from shared.security.vault import Vault
from shared.worker_process import keep_process

MONTHS_SECONDS = 600.0
FILES_SECONDS = 3600.0


def make_background(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[BackgroundWork]:
    """The work of one process, in the order in which it starts."""
    store = FileStore(settings.files)
    ledger, exports = Shelf(store, vault), reconciliation.Shelf(store, vault)
    kept = timedelta(days=settings.files.kept_days)

    async def keep_reconciliation_process() -> None:
        await keep_process("services.jobs.reconciliation_worker", settings)

    return [
        every(settings.sweep_seconds, "needs", lambda: sweep_needs(database)),
        every(MONTHS_SECONDS, "ledger months", lambda: roll_months(database, utc_now())),
        every(FILES_SECONDS, "ledger files", lambda: sweep_ledger_files(database, ledger, kept)),
        LedgerWorker(database, ledger).run,
        every(settings.sweep_seconds, "corrections", lambda: sweep_corrections(database, vault)),
        every(FILES_SECONDS, "reconciliations", lambda: forget_reconciliations(database, exports)),
        keep_reconciliation_process if settings.reconciliation_process else ReconciliationWorker(database, exports).run,
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


async def sweep_corrections(database: Database, vault: Vault) -> None:
    """Close tasks on rows of the ledger that were corrected."""
    handled = reconciliation_tasks.PART
    while handled == reconciliation_tasks.PART:
        async with database.write(Scope.everywhere()) as session:
            handled = await reconciliation_tasks.settle_corrected(session, vault, utc_now())


async def forget_reconciliations(database: Database, shelf: reconciliation.Shelf) -> None:
    """Forget exports once they are compared, and what was found when it was kept long enough."""
    await reconciliation.forget_files(database, shelf, utc_now())
    await reconciliation.forget_old_runs(database, utc_now())
    await reconciliation.forget_orphans(database, shelf, utc_now())
