"""A process that works off files: exports to compare, rows of the ledger to rehearse and write. A county's take minutes
of sums (`shared.worker_process`)."""

from services.jobs.ledger_worker import LedgerWorker
from services.jobs.reconciliation_worker import ReconciliationWorker
from services.jobs.settings import JobsSettings
from services.jobs.usecases.ledger_imports import ledger_files
from services.jobs.usecases.reconciliation import exports
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.worker_process import run_worker, until_parent_ends

CONNECTIONS = 6  # two listen, two work, and what every pool keeps free


async def work(settings: JobsSettings) -> None:
    """Work off files until standard input ends."""
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "jobs", row_security=True)
    store, vault = FileStore(settings.files), Vault(settings.vault)
    comparisons = ReconciliationWorker(database, exports(store, vault))
    await until_parent_ends([comparisons.run(), LedgerWorker(database, ledger_files(store, vault)).run()])
    await database.stop()


if __name__ == "__main__":
    run_worker("jobs-worker", work)
