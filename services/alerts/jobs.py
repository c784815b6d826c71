"""What runs beside the requests: batches are worked off, old records are swept away."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.alerts.models import Batch
from services.alerts.queries import batches as queries
from services.alerts.queries.reference import ReferenceData
from services.alerts.usecases import batches
from shared import housekeeping
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.outage import is_outage
from shared.ids import new_id
from shared.security.vault import Vault

log = logging.getLogger(__name__)

IDLE_SECONDS = 2.0  # how long a batch accepted by another process, or left by a dead one, may wait; ours ring the bell
ERRORS_KEPT = timedelta(days=90)
_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class BatchWorker:
    """Works off batches, one at a time; several processes may each run one."""

    database: Database
    vault: Vault
    reference: ReferenceData
    bell: asyncio.Event
    id: UUID

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                self.bell.clear()
                if await self.work_one():
                    continue
            except Exception as error:
                log.warning("batch worker interrupted", extra={"error": type(error).__name__})
            with suppress(TimeoutError):
                await asyncio.wait_for(self.bell.wait(), IDLE_SECONDS)

    async def work_one(self) -> bool:
        """Work off the oldest waiting batch; False when there is none."""
        async with self.database.write(_EVERYWHERE) as session:
            batch = await queries.lease_batch(session, self.id, utc_now())
        if batch is None:
            return False
        try:
            await self._work_off(batch)
        except queries.LeaseLost:
            log.warning("batch lease lost", extra={"batch": str(batch.id)})
        except Exception as error:
            if is_outage(error):
                raise  # the lease runs out, then somebody goes on with the chunks that are left
            log.error("batch chunk failed", extra={"batch": str(batch.id), "error": type(error).__name__})
            async with self.database.write(_EVERYWHERE) as session:
                await batches.note_failure(session, batch.id, self.id, utc_now())
        return True

    async def _work_off(self, batch: Batch) -> None:
        """Chunk by chunk; while the database stores one, a thread prepares the next."""
        preparing = asyncio.create_task(self._prepare(batch, 0))
        try:
            while (chunk := await preparing) is not None:
                preparing = asyncio.create_task(self._prepare(batch, chunk.seq))
                async with self.database.write(_EVERYWHERE) as session:
                    await batches.store_chunk(session, batch.id, self.id, chunk, utc_now())
        finally:
            preparing.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await preparing

    async def _prepare(self, batch: Batch, after: int) -> batches.Prepared | None:
        async with self.database.read(_EVERYWHERE) as session:
            chunk = await queries.find_chunk(session, batch.id, after)
        if chunk is None:
            return None
        known = await self.reference.get()
        return await asyncio.to_thread(batches.prepare_chunk, batch, chunk, known, self.vault, utc_now())


def batch_worker(database: Database, vault: Vault, reference: ReferenceData, bell: asyncio.Event) -> BatchWorker:
    """A worker with an id of its own."""
    return BatchWorker(database, vault, reference, bell, new_id())


async def sweep(database: Database) -> None:
    """Delete what was kept long enough."""
    now = utc_now()
    await housekeeping.sweep(database, now)
    async with database.write(_EVERYWHERE) as session:
        await queries.delete_old_errors(session, now - ERRORS_KEPT)
