"""The migrations make what the models say, and can be taken back."""

import threading
from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.directory.models import Base
from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster

OWNER = "shouwang"


def in_thread(work: Callable[[], None]) -> None:
    """Alembic runs an event loop of its own; the tests' loop is running in this thread."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def differences(connection: Connection) -> list[Any]:
    connection.execute(text("SET search_path TO directory, public"))
    connection.dialect.default_schema_name = "directory"
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)


async def test_models_and_migrations_agree_also_after_a_way_down_and_up(cluster: Cluster, fresh_database: str) -> None:
    url = cluster.dsn(OWNER, fresh_database)
    engine = create_async_engine(url, poolclass=NullPool)
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'directory' AND tablename <> 'alembic_version'")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    in_thread(lambda: downgrade("directory", url, "base"))
    async with engine.connect() as connection:
        assert await connection.scalar(tables) == 0
    in_thread(lambda: migrate("directory", url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
