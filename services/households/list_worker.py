"""Compares and writes list workbooks, one import at a time for all processes: in a process of its own (`worker`)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.households.models import RegisterImport
from services.households.rules.register_imports import RegisterMovedOn
from services.households.usecases.list_application import WritingAtOnce, write_import
from services.households.usecases.list_telling import telling
from services.households.usecases.list_work import ListCheck
from services.households.usecases.register_imports import files_of
from shared.areas import Scope
from shared.attempts import Attempts, lock_row
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.files import Shelf
from shared.imports import WAITING

_EVERYWHERE = Scope.everywhere()


_ATTEMPTS = Attempts("register-import", RegisterImport, WAITING, "import-broken", "import-gone")


@dataclass(frozen=True, slots=True)
class ListWorker:
    """Takes the oldest import with something to do."""

    database: Database
    shelf: Shelf

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, RegisterImport.channel, "register import", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Compare or write one import; False when there is none, or another process is at it."""
        return await _ATTEMPTS.work_oldest(self.database, connection, self._work)

    async def _work(self, row: RegisterImport) -> None:
        """What was compared before and has moved on since is looked at by somebody, whatever its sender said."""
        if row.state == "applying":
            await self._write(row, self._write_checked)
        elif row.dry_run or row.checks:
            await ListCheck(self.database, self.shelf, row, utc_now()).run()
        else:
            await self._write(row, self._write_at_once)

    async def _write(self, row: RegisterImport, write: Callable[[RegisterImport], Awaitable[bool]]) -> None:
        try:
            written = await write(row)
        except RegisterMovedOn as moved:
            async with self.database.write(_EVERYWHERE) as session:
                locked = await lock_row(session, RegisterImport, row.id)
                locked.begin_anew(moved.code)
                locked.removal_reason, locked.checks = None, max(locked.checks, 1)
            return
        if written:
            await self.shelf.delete_set(row.id, len(files_of(row, self.shelf.vault)))

    async def _write_checked(self, row: RegisterImport) -> bool:
        who, vault = row.applier, self.shelf.vault
        async with self.database.write(who.scope) as session:
            locked = await lock_row(session, RegisterImport, row.id)
            if locked.state != "applying":
                return False
            now = utc_now()
            async with telling(self.database, vault, locked, who.scope, now) as told:
                await write_import(session, told, who, locked, now)
        return True

    async def _write_at_once(self, row: RegisterImport) -> bool:
        """Compare it and write it meanwhile, in one transaction that begins when all of it was read."""
        who, now = row.applier, utc_now()
        check = ListCheck(self.database, self.shelf, row, now, at_once=True)
        listing = await check.read()
        async with self.database.write(who.scope) as session:
            writing = WritingAtOnce(session, now)
            await writing.begin()
            await check.compare(listing, writing.take)
            locked = await check.finish(session, listing)
            async with telling(self.database, self.shelf.vault, locked, who.scope, now, writing.told) as told:
                await writing.end(told, who, locked)
        return True
