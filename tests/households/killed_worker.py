"""A worker that is to be killed: it has written an import, says so, and never commits."""

import asyncio
import pickle
import sys
from typing import Any

from pydantic import SecretStr

from services.households import list_worker
from services.households.usecases import list_application
from services.households.usecases.register_imports import workbooks
from shared.db.engine import Database, DatabaseSettings
from shared.files import FilesSettings, FileStore
from shared.security.vault import Vault

real = list_application.write_import


async def _and_wait(*arguments: Any) -> None:
    await real(*arguments)
    print("written, not committed", flush=True)
    await asyncio.sleep(600)


async def main() -> None:
    """Take the database, the store and the keys, and work."""
    setattr(list_worker, "write_import", _and_wait)  # noqa: B010 # mypy sees no export there
    database = Database(DatabaseSettings(url=SecretStr(sys.argv[1])), "households", row_security=True)
    vault = Vault(pickle.loads(sys.stdin.buffer.read()))
    worker = list_worker.ListWorker(database, workbooks(FileStore(FilesSettings(url=sys.argv[2])), vault))
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
