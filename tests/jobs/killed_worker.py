"""A worker that is to be killed: it has laid down what it compared, says so, and goes no further."""

import asyncio
import pickle
import sys
from typing import Any

from pydantic import SecretStr

from services.jobs.reconciliation_worker import ReconciliationWorker
from services.jobs.usecases.reconciliation import Shelf
from services.jobs.usecases.reconciliation_work import Comparison
from shared.db.engine import Database, DatabaseSettings
from shared.files import FilesSettings, FileStore
from shared.security.vault import Vault


async def _and_wait(_: Any) -> None:
    print("laid down, not done", flush=True)
    await asyncio.sleep(600)


async def main() -> None:
    """Take the database, the store and the keys, and work."""
    setattr(Comparison, "_finish", _and_wait)  # noqa: B010
    database = Database(DatabaseSettings(url=SecretStr(sys.argv[1])), "jobs", row_security=True)
    vault = Vault(pickle.loads(sys.stdin.buffer.read()))
    await ReconciliationWorker(database, Shelf(FileStore(FilesSettings(url=sys.argv[2])), vault)).run()


if __name__ == "__main__":
    asyncio.run(main())
