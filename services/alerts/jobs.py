"""What runs beside the requests: batches are worked off, old records are swept away."""

import asyncio
import logging
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import asyncpg

from services.alerts.queries import batches as queries
from services.alerts.queries.reference import ReferenceData
from services.alerts.queries.verdicts import delete_old_notices
from services.alerts.queries.webhooks import delete_old_deliveries
from services.alerts.rules import lane_of_batch
from services.alerts.settings import AlertsSettings
from services.alerts.usecases import batches
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.outage import is_outage
from shared.security.vault import Vault

log = logging.getLogger(__name__)

IDLE_SECONDS = 2.0  # how long a batch may wait when its notification was missed
RESTART_SECONDS = 1.0
STOP_SECONDS = 10.0
ERRORS_KEPT = timedelta(days=90)
MESSAGES_KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=400)
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class BatchWorker:
    """Works off batches chunk by chunk. Any number of workers, here and in other processes, share the chunks."""

    database: Database
    vault: Vault
    reference: ReferenceData
    live_rows: int  # see `AlertsSettings`
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                async with self.database.engine.connect() as connection:
                    driver = (await connection.get_raw_connection()).driver_connection
                    try:
                        await self._work_while_hearing(cast("asyncpg.Connection[Any]", driver))
                    finally:
                        # Never back into the pool: it listens, and when it broke nobody would notice there,
                        # and we would be given the same dead one for ever.
                        await connection.invalidate()
            except Exception as error:
                log.warning("batch worker interrupted", extra={"error": type(error).__name__})
            await asyncio.sleep(RESTART_SECONDS)

    async def _work_while_hearing(self, connection: "asyncpg.Connection[Any]") -> None:
        await connection.add_listener(queries.CHANNEL, self._ring)
        while not connection.is_closed():
            self._bell.clear()
            while await self.work_one():
                pass
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), IDLE_SECONDS)

    def _ring(self, *_: object) -> None:
        self._bell.set()

    async def work_one(self) -> bool:
        """Work on the first chunk that nobody has; False when there is none."""
        chunk = None
        try:
            async with self.database.write(_EVERYWHERE) as session:
                chunk = await queries.take_chunk(session, self.live_rows)
                if chunk is not None:
                    reference = await self.reference.since(chunk.received_at)
                    lane = lane_of_batch(chunk.rows_total, self.live_rows)
                    await batches.work_chunk(session, chunk, reference, self.vault, utc_now(), lane)
        except Exception as error:
            if chunk is None or is_outage(error):
                raise
            log.error("chunk failed", extra={"batch": str(chunk.batch_id), "error": type(error).__name__})
            async with self.database.write(_EVERYWHERE) as session:
                await batches.note_failure(session, chunk.batch_id, utc_now())
        return chunk is not None


async def keep_worker_process(settings: AlertsSettings) -> None:
    """Run one `services.alerts.worker` process, and a new one when it ends, until cancelled."""
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.alerts.worker"), stdin=PIPE, start_new_session=True
        )
        try:
            assert process.stdin is not None
            process.stdin.write(pickle.dumps(settings))  # not in the environment, where others could read the keys
            await process.stdin.drain()
            await process.wait()
        finally:
            await asyncio.shield(_end(process))
        log.error("batch worker process ended", extra={"status": process.returncode})
        await asyncio.sleep(RESTART_SECONDS)


async def _end(process: Process) -> None:
    """The worker ends when its standard input does, as it also does when this process is killed."""
    if process.returncode is None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def sweep(database: Database) -> None:
    """Delete what was kept long enough."""
    async with database.write(_EVERYWHERE) as session:
        await queries.delete_old_errors(session, utc_now() - ERRORS_KEPT)
        await delete_old_deliveries(session, utc_now() - MESSAGES_KEPT)
        await delete_old_notices(session, utc_now() - NOTICES_KEPT)
