"""Rehearses and writes files of ledger rows, one at a time for all processes."""

import logging
from dataclasses import dataclass
from uuid import UUID

from services.jobs.models import LedgerImport
from services.jobs.queries import ledger_imports as queries
from services.jobs.rules.ledger_imports import LedgerMovedOn
from services.jobs.usecases.ledger_import import ImportRun, sender
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import MOST_ATTEMPTS, Listener, turn, work_when_rung
from shared.db.outage import is_outage
from shared.errors import DomainError, Fault, fault_of
from shared.files import Shelf
from shared.security.vault import CannotOpen

log = logging.getLogger(__name__)

BROKEN = "ledger-import-broken"
_TURN = "shouwang-ledger-import"
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class LedgerWorker:
    """Takes the oldest file with something to do."""

    database: Database
    shelf: Shelf

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, queries.CHANNEL, "ledger import", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Rehearse or write one file; False when there is none, or another process is at it."""
        async with self.database.read(_EVERYWHERE) as session:
            row = await queries.find_waiting(session)
        if row is None:
            return False
        async with turn(connection, _TURN) as ours:
            if ours:
                await self.work(row)
        return ours

    async def work(self, row: LedgerImport) -> None:
        """One file, by its state; what goes wrong is put on record."""
        try:
            if await self._begin(row):
                await (self._write(row) if row.state == "applying" else self._rehearse(row))
        except (DomainError, FileNotFoundError, CannotOpen) as refused:
            await self._end(row.id, refused)
        except Exception as error:
            if is_outage(error):
                raise
            log.error("ledger import failed", extra={"import": str(row.id), "error": type(error).__name__})
            await self._note_failure(row.id)

    async def _begin(self, row: LedgerImport) -> bool:
        """Count an attempt before it is made: a file that ends its process is not tried for ever. False: given up."""
        async with self.database.write(_EVERYWHERE) as session:
            locked = await queries.lock_whole(session, row.id)
            if locked.attempts >= MOST_ATTEMPTS:
                _fail(locked, Fault("", BROKEN))
                return False
            locked.attempts += 1
            if locked.state != "applying":
                locked.state = "checking"
            return True

    async def _rehearse(self, row: LedgerImport) -> None:
        run = ImportRun(self.database, self.shelf, row)
        await run.rehearse()
        await run.keep_problems()
        async with self.database.write(_EVERYWHERE) as session:
            locked = await queries.lock_whole(session, row.id)
            # Whoever wants no rehearsal has it written as it is; else somebody looks at it first.
            locked.state, locked.attempts = "checked" if row.dry_run or row.failure else "applying", 0
            locked.digest, locked.counts, locked.checked_at = run.digest, dict(run.counts), utc_now()

    async def _write(self, row: LedgerImport) -> None:
        run = ImportRun(self.database, self.shelf, row)
        try:
            async with self.database.write(sender(row).scope) as session:
                locked = await queries.lock_whole(session, row.id)
                if locked.state != "applying":
                    return
                await run.write(session)
                locked.state, locked.finished_at, locked.failure = "applied", utc_now(), None
                locked.counts = dict(run.counts)
        except LedgerMovedOn as moved:
            async with self.database.write(_EVERYWHERE) as session:
                locked = await queries.lock_whole(session, row.id)
                locked.state, locked.attempts = "queued", 0
                locked.failure = {"code": moved.code, "params": {}}

    async def _end(self, import_id: UUID, refused: Exception) -> None:
        """It cannot be read, or may not be written: it ends here, and says why."""
        async with self.database.write(_EVERYWHERE) as session:
            _fail(await queries.lock_whole(session, import_id), fault_of(refused, "ledger-import-gone"))

    async def _note_failure(self, import_id: UUID) -> None:
        """After the last attempt give it up. Sending it again is the way out."""
        async with self.database.write(_EVERYWHERE) as session:
            row = await queries.lock_whole(session, import_id)
            if row.attempts >= MOST_ATTEMPTS:
                _fail(row, Fault("", BROKEN))


def _fail(row: LedgerImport, fault: Fault) -> None:
    row.state, row.finished_at = "failed", utc_now()
    row.failure = {"code": fault.code, "params": dict(fault.params), "field": fault.field}
