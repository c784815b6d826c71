"""Works off files, and rows that the register has learnt of, beside the requests or in a process of its own."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts.models import Feed, File
from services.alerts.queries import files
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.files import FRAME_ROWS, FileLost
from services.alerts.usecases import rematching
from services.alerts.usecases.file_opening import begin_file, make_ready, name_of, note_failure, refuse_file
from services.alerts.usecases.file_work import FileWork, MarkMoved, ReadyFile
from services.alerts.usecases.files import open_original
from shared.areas import Scope
from shared.attempts import take_back
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, work_when_rung
from shared.db.outage import is_outage
from shared.errors import DomainError
from shared.files import Shelf
from shared.security.vault import CannotOpen
from shared.time_limit import in_time

log = logging.getLogger(__name__)

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
        await work_when_rung(self.database, files.CHANNEL, "file", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Work off a file that nobody has, and rows that wait no longer; False when there is neither."""
        async with self.database.read(_EVERYWHERE) as session:
            waiting = await files.list_waiting(session)
        for file_id in waiting:
            if await files.try_hold(connection, file_id):
                try:
                    return await self._work(file_id)
                finally:
                    await files.let_go(connection, file_id)
        return await rematching.rematch(self.database, self.shelf.vault, self.reference, utc_now())

    async def _work(self, file_id: UUID) -> bool:
        """Whether it got anywhere."""
        begun = utc_now()
        try:
            await self._work_off(file_id)
        except MarkMoved:
            log.info("file left to others", extra={"file": str(file_id)})
        except DomainError as refused:
            await self._refuse(file_id, refused)
        except (FileNotFoundError, CannotOpen):
            await self._refuse(file_id, FileLost())
        except Exception as error:
            if is_outage(error):
                await take_back(self.database, File, file_id, error, begun)
                raise
            log.error("file failed", extra={"file": str(file_id), "error": type(error).__name__})
            async with self.database.write(_EVERYWHERE) as session:
                await note_failure(session, file_id, utc_now())
        return True

    async def _refuse(self, file_id: UUID, refused: DomainError) -> None:
        async with self.database.write(_EVERYWHERE) as session:
            await refuse_file(session, file_id, refused, utc_now())

    async def _work_off(self, file_id: UUID) -> None:
        now = utc_now()
        async with self.database.write(_EVERYWHERE) as session:
            begun = await begin_file(session, file_id, now)
        if begun is None:
            return
        file, feed = begun
        vault, today = self.shelf.vault, local_date(now)
        opening = in_time(open_original, self.shelf, file_id, name_of(file, vault), feed, today)
        table, ready = await asyncio.gather(opening, self._make_ready(file, feed, now))
        await FileWork(self.database, vault, ready, utc_now).run(table.frames(FRAME_ROWS))

    async def _make_ready(self, file: File, feed: Feed, now: datetime) -> ReadyFile:
        reference = await self.reference.since(file.received_at)
        async with self.database.read(_EVERYWHERE) as session:
            return await make_ready(session, file, feed, reference, self.unmatched_kept, now)
