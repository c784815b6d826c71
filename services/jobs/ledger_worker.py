"""Rehearses and writes files of ledger rows, one at a time for all processes."""

from dataclasses import dataclass

from services.jobs.models import LedgerImport
from services.jobs.rules.ledger_imports import LedgerMovedOn
from services.jobs.usecases.ledger_imports import ImportRun
from shared.areas import Scope
from shared.attempts import Attempts, lock_row
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.files import Shelf
from shared.imports import WAITING

_EVERYWHERE = Scope.everywhere()


_ATTEMPTS = Attempts("ledger-import", LedgerImport, WAITING, "ledger-import-broken", "ledger-import-gone")


@dataclass(frozen=True, slots=True)
class LedgerWorker:
    """Takes the oldest file with something to do."""

    database: Database
    shelf: Shelf

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, LedgerImport.channel, "ledger import", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Rehearse or write one file; False when there is none, or another process is at it."""
        return await _ATTEMPTS.work_oldest(self.database, connection, self._work)

    async def _work(self, row: LedgerImport) -> None:
        await (self._write(row) if row.state == "applying" else self._rehearse(row))

    async def _rehearse(self, row: LedgerImport) -> None:
        run = ImportRun(self.database, self.shelf, row)
        await run.rehearse()
        await run.keep_problems()
        async with self.database.write(_EVERYWHERE) as session:
            locked = await lock_row(session, LedgerImport, row.id)
            # Whoever wants no rehearsal has it written as it is; else somebody looks at it first.
            locked.state, locked.attempts = "checked" if row.dry_run or row.failure else "applying", 0
            locked.digest, locked.counts, locked.checked_at = run.digest, dict(run.counts), utc_now()

    async def _write(self, row: LedgerImport) -> None:
        run = ImportRun(self.database, self.shelf, row)
        try:
            async with self.database.write(row.applier.scope) as session:
                locked = await lock_row(session, LedgerImport, row.id)
                if locked.state != "applying":
                    return
                await run.write(session)
                locked.state, locked.finished_at, locked.failure = "applied", utc_now(), None
                locked.counts = dict(run.counts)
        except LedgerMovedOn as moved:
            async with self.database.write(_EVERYWHERE) as session:
                (await lock_row(session, LedgerImport, row.id)).begin_anew(moved.code)
