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

checked, at_once = list_application.write_import, list_application.WritingAtOnce.end


async def _checked_and_wait(*arguments: Any) -> None:
    await checked(*arguments)
    await _wait()


async def _at_once_and_wait(*arguments: Any) -> None:
    await at_once(*arguments)
    await _wait()


async def _wait() -> None:
    print("written, not committed", flush=True)
    await asyncio.sleep(600)


async def main() -> None:
    """Take the database, the store and the keys, and work."""
    setattr(list_worker, "write_import", _checked_and_wait)  # noqa: B010 # mypy sees no export there
    setattr(list_application.WritingAtOnce, "end", _at_once_and_wait)  # noqa: B010
    database = Database(DatabaseSettings(url=SecretStr(sys.argv[1])), "households", row_security=True)
    vault = Vault(pickle.loads(sys.stdin.buffer.read()))
    worker = list_worker.ListWorker(database, workbooks(FileStore(FilesSettings(url=sys.argv[2])), vault))
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
