"""Works off files, and rows that the register has learnt of, beside the requests or in a process of its own."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alerts.models import Feed, File
from services.alerts.queries.files import CHANNEL
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.files import FRAME_ROWS
from services.alerts.usecases import rematching
from services.alerts.usecases.file_opening import get_feed, make_ready
from services.alerts.usecases.file_work import FileWork, MarkMoved, ReadyFile
from services.alerts.usecases.files import open_again
from shared.areas import Scope
from shared.attempts import Attempts
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.files import Shelf
from shared.time_limit import in_time

log = logging.getLogger(__name__)

_ATTEMPTS = Attempts("file", File, ("queued", "running"), "file-broken", "file-lost", together=True)
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class FileWorker:
    """Takes the oldest file that nobody works on. Any number of workers, here and in other processes, share them."""

    database: Database
    shelf: Shelf
    reference: ReferenceData
    unmatched_kept: timedelta

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the files."""
        await work_when_rung(self.database, CHANNEL, "file", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Work off a file that nobody has, and rows that wait no longer; False when there is neither."""
        if await _ATTEMPTS.work_oldest(self.database, connection, self._work):
            return True
        return await rematching.rematch(self.database, connection, self.shelf.vault, self.reference, utc_now())

    async def _work(self, file: File) -> None:
        try:
            await self._work_off(file, utc_now())
        except MarkMoved:
            log.info("file left to others", extra={"file": str(file.id)})

    async def _work_off(self, file: File, now: datetime) -> None:
        async with self.database.read(_EVERYWHERE) as session:
            feed = await get_feed(session, file)
        vault, today = self.shelf.vault, local_date(now)
        opening = in_time(open_again, self.shelf, file, feed, today)
        table, ready = await asyncio.gather(opening, self._make_ready(file, feed, now))
        await FileWork(self.database, vault, ready, utc_now).run(table.frames(FRAME_ROWS))

    async def _make_ready(self, file: File, feed: Feed, now: datetime) -> ReadyFile:
        reference = await self.reference.since(file.received_at)
        async with self.database.read(_EVERYWHERE) as session:
            return await make_ready(session, file, feed, reference, self.unmatched_kept, now)
