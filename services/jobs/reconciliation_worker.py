"""Compares exports with the ledger, one at a time for all processes."""

from dataclasses import dataclass

from services.jobs.models import Reconciliation
from services.jobs.queries import reconciliation as queries
from services.jobs.usecases.reconciliation import forget_rows
from services.jobs.usecases.reconciliation_work import Comparison
from shared.attempts import Attempts
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.files import Shelf

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
