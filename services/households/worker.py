"""A process that compares and writes list workbooks: a county's takes minutes of sums (`shared.worker_process`)."""

import asyncio

from services.households.list_worker import ListWorker
from services.households.settings import HouseholdsSettings
from services.households.usecases.register_imports import workbooks
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.side_processes import prepare
from shared.worker_process import run_worker, until_parent_ends

CONNECTIONS = 5  # one listens, two work, and what every pool keeps free


async def work(settings: HouseholdsSettings) -> None:
    """Work off imports until standard input ends."""
    await asyncio.to_thread(prepare)
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "households", row_security=True)
    worker = ListWorker(database, workbooks(FileStore(settings.files), Vault(settings.vault)))
    await until_parent_ends([worker.run()])
    await database.stop()


if __name__ == "__main__":
    run_worker("households-worker", work)
