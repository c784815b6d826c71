"""Compares exports with the ledger, one at a time for all processes. `python -m` runs it as a process of its own, for a
county's export takes minutes of sums (`shared.worker_process`)."""

import logging
from dataclasses import dataclass
from uuid import UUID

from services.jobs.queries import reconciliation as queries
from services.jobs.settings import JobsSettings
from services.jobs.usecases.reconciliation import exports, forget_rows
from services.jobs.usecases.reconciliation_work import Comparison
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import MOST_ATTEMPTS, Listener, turn, work_when_rung
from shared.db.outage import is_outage
from shared.errors import DomainError, Fault, fault_of
from shared.files import FileStore, Shelf
from shared.security.vault import CannotOpen, Vault
from shared.worker_process import run_worker, until_parent_ends

log = logging.getLogger(__name__)

BROKEN, GONE = "reconciliation-broken", "reconciliation-file-gone"
CONNECTIONS = 4  # one listens, one works, and what every pool keeps free
_TURN = "shouwang-jobs-reconciliation"
_EVERYWHERE = Scope.everywhere()


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
        async with self.database.read(_EVERYWHERE) as session:
            run_id = await queries.find_waiting(session)
        if run_id is None:
            return False
        async with turn(connection, _TURN) as ours:
            if ours:
                await self._work(run_id, connection)
        return ours

    async def _work(self, run_id: UUID, connection: Listener) -> None:
        async with self.database.read(_EVERYWHERE) as session:
            run = await queries.read_run(session, run_id)
        if run.state not in queries.WAITING:
            return
        try:
            if not await self._begin(run_id):
                return
            await Comparison(self.database, self.shelf, connection, run, utc_now()).work()
        except (DomainError, FileNotFoundError, CannotOpen) as refused:
            await self._end(run_id, refused)
        except Exception as error:
            if is_outage(error):
                raise
            log.error("reconciliation failed", extra={"run": str(run_id), "error": type(error).__name__})
            await self._note_failure(run_id)

    async def _begin(self, run_id: UUID) -> bool:
        """Count an attempt before it is made: a file that ends its process is not tried for ever. False: given up."""
        async with self.database.write(_EVERYWHERE) as session:
            run = await queries.lock_run(session, run_id)
            left = run.attempts < MOST_ATTEMPTS
            run.attempts += left
        if not left:
            await self._fail(run_id, Fault("", BROKEN))
        return left

    async def _end(self, run_id: UUID, refused: Exception) -> None:
        """It cannot be read, or may not be: it ends here, and says why."""
        await self._fail(run_id, fault_of(refused, GONE))

    async def _note_failure(self, run_id: UUID) -> None:
        """After the last attempt give it up. Sending it again is the way out."""
        async with self.database.read(_EVERYWHERE) as session:
            last = (await queries.read_run(session, run_id)).attempts >= MOST_ATTEMPTS
        if last:
            await self._fail(run_id, Fault("", BROKEN))

    async def _fail(self, run_id: UUID, fault: Fault) -> None:
        await forget_rows(self.database, run_id)
        async with self.database.write(_EVERYWHERE) as session:
            run = await queries.lock_run(session, run_id)
            run.state, run.finished_at = "failed", utc_now()
            run.failure = {"code": fault.code, "params": dict(fault.params), "field": fault.field}


async def work(settings: JobsSettings) -> None:
    """Work off comparisons until standard input ends."""
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "jobs", row_security=True)
    worker = ReconciliationWorker(database, exports(FileStore(settings.files), Vault(settings.vault)))
    await until_parent_ends([worker.run()])
    await database.stop()


if __name__ == "__main__":
    run_worker("jobs-reconciliation", work)
