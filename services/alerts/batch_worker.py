"""Works off batches, beside the requests or in a process of its own (`worker`)."""

import logging
from dataclasses import dataclass

from services.alerts.queries import batches as queries
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.batches import lane_of_batch
from services.alerts.usecases import batches
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import work_when_rung
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
        await work_when_rung(self.database, queries.CHANNEL, "batch", lambda _: self.work_one())

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
