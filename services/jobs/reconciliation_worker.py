"""Compares exports with the ledger, one at a time for all processes. `python -m` runs it as a process of its own, for a
county's export takes minutes of sums (`shared.worker_process`)."""

from dataclasses import dataclass

from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation as queries
from services.jobs.settings import JobsSettings
from services.jobs.usecases.reconciliation import exports, forget_rows
from services.jobs.usecases.reconciliation_work import Comparison
from shared.attempts import Attempts
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.files import FileStore, Shelf
from shared.security.vault import Vault
from shared.worker_process import run_worker, until_parent_ends

CONNECTIONS = 4  # one listens, one works, and what every pool keeps free
_ATTEMPTS = Attempts(
    "jobs-reconciliation",
    Reconciliation,
    queries.WAITING,
    "reconciliation-broken",
    "reconciliation-file-gone",
    clear=forget_rows,
)


@dataclass(frozen=True, slots=True)
class ReconciliationWorker:
    """Takes the oldest comparison that is not done; one that another process began and left is begun anew."""

    database: Database
    shelf: Shelf

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, queries.CHANNEL, "reconciliation", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Do one comparison; False when there is none, or another process is at it."""

        async def compare(run: Reconciliation) -> None:
            await Comparison(self.database, self.shelf, connection, run, utc_now()).work()

        return await _ATTEMPTS.work_oldest(self.database, connection, compare)


async def work(settings: JobsSettings) -> None:
    """Work off comparisons until standard input ends."""
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "jobs", row_security=True)
    worker = ReconciliationWorker(database, exports(FileStore(settings.files), Vault(settings.vault)))
    await until_parent_ends([worker.run()])
    await database.stop()


if __name__ == "__main__":
    run_worker("jobs-reconciliation", work)
