"""Compares and writes list workbooks, one import at a time for all processes: in a process of its own (`worker`)."""

import logging
from dataclasses import dataclass
from uuid import UUID

from services.households.models import RegisterImport
from services.households.queries import register_imports as queries
from services.households.rules.register_imports import RegisterMovedOn
from services.households.usecases.list_application import write_import
from services.households.usecases.list_work import ListCheck, applier
from services.households.usecases.register_imports import files_of
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import MOST_ATTEMPTS, Listener, turn, work_when_rung
from shared.db.outage import is_outage
from shared.errors import DomainError, Fault, fault_of
from shared.files import Shelf
from shared.security.vault import CannotOpen

log = logging.getLogger(__name__)

BROKEN = "import-broken"
_TURN = "shouwang-register-import"
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class ListWorker:
    """Takes the oldest import with something to do."""

    database: Database
    shelf: Shelf

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, queries.CHANNEL, "register import", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Compare or write one import; False when there is none, or another process is at it."""
        async with self.database.read(_EVERYWHERE) as session:
            import_id = await queries.find_waiting(session)
        if import_id is None:
            return False
        async with turn(connection, _TURN) as ours:
            if ours:
                await self._work(import_id)
        return ours

    async def _work(self, import_id: UUID) -> None:
        try:
            row = await self._begin(import_id)
            if row is not None:
                check = ListCheck(self.database, self.shelf, row, utc_now())
                await (self._write(row) if row.state == "applying" else check.run())
        except (DomainError, FileNotFoundError, CannotOpen) as refused:
            await self._end(import_id, refused)
        except Exception as error:
            if is_outage(error):
                raise

            log.error("register import failed", extra={"import": str(import_id), "error": type(error).__name__})
            await self._note_failure(import_id)

    async def _begin(self, import_id: UUID) -> RegisterImport | None:
        """Count an attempt before it is made: a list that ends its process is not tried for ever. None: nothing to do."""
        async with self.database.write(_EVERYWHERE) as session:
            row = await queries.lock_whole(session, import_id)
            if row.state not in queries.WAITING:
                return None
            if row.attempts >= MOST_ATTEMPTS:
                _fail(row, Fault("", BROKEN))
                return None
            row.attempts += 1
            if row.state != "applying":
                row.state, row.rows_read = "checking", 0
            return row

    async def _write(self, row: RegisterImport) -> None:
        who = applier(row)
        try:
            async with self.database.write(who.scope) as session:
                locked = await queries.lock_whole(session, row.id)
                if locked.state != "applying":
                    return
                await write_import(session, self.shelf.vault, who, locked, utc_now())
        except RegisterMovedOn as moved:
            async with self.database.write(_EVERYWHERE) as session:
                locked = await queries.lock_whole(session, row.id)
                locked.state, locked.removal_reason, locked.attempts = "queued", None, 0
                locked.failure = {"code": moved.code, "params": {}}
            return
        await self.shelf.delete_set(row.id, len(files_of(row, self.shelf.vault)))

    async def _end(self, import_id: UUID, refused: Exception) -> None:
        """It cannot be read, or may not be: it ends here, and says why."""
        async with self.database.write(_EVERYWHERE) as session:
            _fail(await queries.lock_whole(session, import_id), fault_of(refused, "import-gone"))

    async def _note_failure(self, import_id: UUID) -> None:
        """After the last attempt give it up. Sending it again is the way out."""
        async with self.database.write(_EVERYWHERE) as session:
            row = await queries.lock_whole(session, import_id)
            if row.attempts >= MOST_ATTEMPTS:
                _fail(row, Fault("", BROKEN))


def _fail(row: RegisterImport, fault: Fault) -> None:
    row.state, row.finished_at = "failed", utc_now()
    row.failure = {"code": fault.code, "params": dict(fault.params), "field": fault.field}
