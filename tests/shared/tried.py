"""Rows that are tried; as a process, a worker that is to be killed: it has begun a row, says so, and goes no further."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from pydantic import SecretStr
from sqlalchemy import select

from shared.areas import Scope
from shared.attempts import Attempted, Attempts
from shared.db.base import ServiceBase, service_metadata
from shared.db.engine import Database, DatabaseSettings
from shared.db.listening import work_when_rung
from shared.postgres import Cluster

_CREATE = """
CREATE TABLE directory.tried (id uuid PRIMARY KEY, state text NOT NULL, attempts smallint NOT NULL DEFAULT 0,
                              failure jsonb, finished_at timestamptz);
GRANT ALL ON directory.tried TO directory
"""


class Base(ServiceBase):
    __abstract__ = True

    metadata = service_metadata()


class Tried(Attempted, Base):
    __tablename__ = "tried"


TRIALS = Attempts("trial", Tried, ("queued", "working"), "trial-broken", "trial-gone")


@asynccontextmanager
async def tried_table(cluster: Cluster, database_name: str) -> AsyncIterator[None]:
    """The table is there, for as long as the block goes."""
    owner = await asyncpg.connect(cluster.dsn("shouwang", database_name).replace("+asyncpg", ""))
    await owner.execute(_CREATE)
    try:
        yield
    finally:
        await owner.execute("DROP TABLE directory.tried")
        await owner.close()


async def finish(database: Database, row: Tried) -> None:
    """What good work ends with."""
    async with database.write(Scope.everywhere()) as session:
        (await session.scalars(select(Tried).where(Tried.id == row.id).with_for_update())).one().state = "done"


async def _and_wait(_: Tried) -> None:
    print("begun", flush=True)
    await asyncio.sleep(600)


async def main() -> None:
    """Take the database, and work."""
    database = Database(DatabaseSettings(url=SecretStr(sys.argv[1])), "directory")

    async def work_one(connection: Any) -> bool:
        return await TRIALS.work_oldest(database, connection, _and_wait)

    await work_when_rung(database, "tried", "trial", work_one)


if __name__ == "__main__":
    asyncio.run(main())
