"""Works off batches, beside the requests or in a process of its own (`worker`)."""

import logging
from dataclasses import dataclass

from sqlalchemy import and_

from services.alerts.models import ChunkAttempt
from services.alerts.queries import batches as queries
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.batches import lane_of_batch
from services.alerts.usecases import batches
from shared.areas import Scope
from shared.attempts import attempt, is_stop
from shared.clock import utc_now
from shared.db.engine import Database, WriteSession
from shared.db.listening import MOST_ATTEMPTS, Listener, work_when_rung
from shared.db.outage import is_outage
from shared.security.vault import Vault

log = logging.getLogger(__name__)

_EVERYWHERE = Scope.everywhere()


@dataclass(frozen=True, slots=True)
class BatchWorker:
    """Works off batches chunk by chunk. Any number of workers, here and in other processes, share the chunks."""

    database: Database
    vault: Vault
    reference: ReferenceData
    live_rows: int  # see `AlertsSettings`

    async def run(self) -> None:
        """Work until cancelled."""
        await work_when_rung(self.database, queries.CHANNEL, "batch", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Work on the first chunk that nobody has; False when there is none. `connection` counts the attempt."""
        chunk = None
        try:
            async with attempt(self.database, ChunkAttempt) as this, self.database.write(_EVERYWHERE) as session:
                chunk = await queries.take_chunk(session, self.live_rows)
                if chunk is not None:
                    row = and_(ChunkAttempt.batch_id == chunk.batch_id, ChunkAttempt.seq == chunk.seq)
                    times = await this.count(row, queries.count_attempt(connection, chunk))
                    await self._work(session, chunk, last=times > MOST_ATTEMPTS)
        except Exception as error:
            if chunk is None or is_stop(error) or is_outage(error):
                raise
            log.error("chunk failed", extra={"batch": str(chunk.batch_id), "error": type(error).__name__})
        return chunk is not None

    async def _work(self, session: WriteSession, chunk: queries.Chunk, *, last: bool) -> None:
        if last:
            log.error("chunk given up", extra={"batch": str(chunk.batch_id), "chunk": chunk.seq})
            await batches.give_up(session, chunk, self.vault, utc_now())
            return
        reference = await self.reference.since(chunk.received_at)
        lane = lane_of_batch(chunk.rows_total, self.live_rows)
        await batches.work_chunk(session, chunk, reference, self.vault, utc_now(), lane)
