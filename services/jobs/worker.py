"""What works off files, a county's minutes of sums: exports to compare, rows of the ledger to rehearse and write. Beside
the requests, or in a process of its own (`shared.worker_process`)."""

from collections.abc import Sequence

from services.jobs.ledger_worker import LedgerWorker
from services.jobs.reconciliation_worker import ReconciliationWorker
from services.jobs.settings import JobsSettings
from services.jobs.usecases.ledger_imports import ledger_files
from services.jobs.usecases.reconciliation import exports
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.worker_process import Work, run_worker, until_parent_ends

CONNECTIONS = 6  # two listen, two work, and what every pool keeps free


def make_workers(settings: JobsSettings, database: Database, vault: Vault) -> Sequence[Work]:
    """Both of them."""
    store = FileStore(settings.files)
    return [
        ReconciliationWorker(database, exports(store, vault)).run,
        LedgerWorker(database, ledger_files(store, vault)).run,
    ]


async def work(settings: JobsSettings) -> None:
    """Work until standard input ends."""
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "jobs", row_security=True)
    await until_parent_ends(make_workers(settings, database, Vault(settings.vault)))
    await database.stop()


if __name__ == "__main__":
    run_worker("jobs-worker", work)
