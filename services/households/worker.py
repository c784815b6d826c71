"""What compares and writes list workbooks, a county's minutes of sums: beside the requests, or in a process of its own
(`shared.worker_process`)."""

import asyncio
from collections.abc import Sequence

from services.households.list_worker import ListWorker
from services.households.settings import HouseholdsSettings
from services.households.usecases.register_imports import workbooks
from shared.db.engine import Database
from shared.files import FileStore
from shared.security.vault import Vault
from shared.side_processes import prepare
from shared.worker_process import Work, run_worker, until_parent_ends

CONNECTIONS = 6  # one listens, three work, and what every pool keeps free


def make_workers(settings: HouseholdsSettings, database: Database, vault: Vault) -> Sequence[Work]:
    """The one there is."""
    return [ListWorker(database, workbooks(FileStore(settings.files), vault)).run]


async def work(settings: HouseholdsSettings) -> None:
    """Work until standard input ends."""
    await asyncio.to_thread(prepare)
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS})
    database = Database(own, "households", row_security=True)
    await until_parent_ends(make_workers(settings, database, Vault(settings.vault)))
    await database.stop()


if __name__ == "__main__":
    run_worker("households-worker", work)
