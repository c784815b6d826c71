"""A process that works off batches, so that their sums do not hold up requests and use a further core.

The service starts it (`jobs.keep_worker_process`), hands it its settings through standard input and keeps that open:
when it closes, because the service stops or was killed, this process ends. What it was at is rolled back then, and
another worker takes the chunk.
"""

import asyncio
import gc
import pickle
import sys

from services.alerts.jobs import BatchWorker
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from shared import telemetry
from shared.db.engine import Database
from shared.security.vault import Vault

CONNECTIONS = 4  # one listens, one works, one reads the reference data


async def work(settings: AlertsSettings) -> None:
    """Work off batches until standard input ends."""
    database = Database(settings.database.model_copy(update={"pool_size": CONNECTIONS}), "alerts")
    batches = BatchWorker(database, Vault(settings.vault), ReferenceData(database), settings.live_rows)
    worker = asyncio.create_task(batches.run())
    await _end_of(sys.stdin.fileno())
    while not worker.done():  # a cancellation that meets a statement may come out as the driver's own error
        worker.cancel()
        await asyncio.wait([worker], timeout=1)
    await database.stop()


async def _end_of(descriptor: int) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()


def main() -> None:
    """Take the settings and work."""
    settings: AlertsSettings = pickle.load(sys.stdin.buffer)  # noqa: S301 our parent wrote it
    telemetry.set_up(settings.telemetry, "alerts-worker")
    gc.freeze()  # what is imported stays; walking it doubles the time of a chunk
    gc.set_threshold(50_000, 20, 50)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
