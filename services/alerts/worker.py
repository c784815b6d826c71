"""A process that works off batches and files, so that their sums do not hold up requests and use a further core.

The service starts it (`jobs.keep_worker_process`), hands it its settings through standard input and keeps that open:
when it closes, because the service stops or was killed, this process ends. What it was at is rolled back then, and
another worker takes the chunk.
"""

import asyncio
import gc
import os
import pickle
import sys
from contextlib import suppress
from datetime import timedelta

import uvloop
from sqlalchemy.exc import DBAPIError

from services.alerts.file_worker import FileWorker
from services.alerts.jobs import BatchWorker
from services.alerts.queries.reference import ReferenceData
from services.alerts.settings import AlertsSettings
from services.alerts.usecases.files import Shelf
from shared import telemetry
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault

CONNECTIONS = 6  # two listen, two work, one reads the reference data, one what the register knows
NICENESS = 10
"""Requests go first: whoever drops a file can wait a little, whoever asks cannot."""
SWITCH_SECONDS = 0.0005
"""How long a thread that does sums may keep the interpreter while the loop has an answer of the database to take."""


async def work(settings: AlertsSettings) -> None:
    """Work off batches and files until standard input ends."""
    database = Database(settings.database.model_copy(update={"pool_size": CONNECTIONS}), "alerts")
    vault, reference = Vault(settings.vault), ReferenceData(database)
    shelf, kept = Shelf(FileStore(settings.files), vault), timedelta(days=settings.files.unmatched_days)
    with suppress(OSError, DBAPIError):  # the workers wait for a database that is away
        await reference.get()  # compiles schemas and rules, for which no batch shall wait
    workers = [
        asyncio.create_task(BatchWorker(database, vault, reference, settings.live_rows).run()),
        asyncio.create_task(FileWorker(database, shelf, reference, kept).run()),
    ]
    await _end_of(sys.stdin.fileno())
    left = set(workers)
    while left:  # a cancellation that meets a statement may come out as the driver's own error
        for worker in left:
            worker.cancel()
        _, left = await asyncio.wait(left, timeout=1)
    await database.stop()


async def _end_of(descriptor: int) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()


def main() -> None:
    """Take the settings and work."""
    settings: AlertsSettings = pickle.load(sys.stdin.buffer)  # noqa: S301 our parent wrote it
    telemetry.set_up(settings.telemetry, "alerts-worker")
    os.nice(NICENESS)
    gc.freeze()  # what is imported stays; walking it doubles the time of a chunk
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(SWITCH_SECONDS)
    uvloop.run(work(settings))


if __name__ == "__main__":
    main()
