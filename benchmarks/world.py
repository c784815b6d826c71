"""Where the cases run: a real PostgreSQL of the benchmarks' own, and a county in it.

A case takes copies of a prepared database, so that every run of it meets the same rows.
"""

import asyncio
import itertools
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import county
from services import SERVICES
from shared.db.engine import DatabaseSettings
from shared.db.migrate import migrate
from shared.postgres import DisposableCluster
from shared.security.vault import Vault, VaultSettings

TEMPLATE = "county"
"""Every service's schema, with the county's areas, policies and one API key, but no household."""


class World:
    """A running database server, the keys all services share, and a folder for what processes write."""

    def __init__(self, cluster: DisposableCluster, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self.tell = tell
        self._cluster = cluster
        self._templates: set[str] = set()
        self._numbers = itertools.count(1)
        self.vault_settings = VaultSettings.generate()
        self.vault = Vault(self.vault_settings)

    def dsn(self, role: str, database: str) -> str:
        """For SQLAlchemy."""
        return self._cluster.dsn(role, database)

    def settings(self, role: str, database: str) -> DatabaseSettings:
        return DatabaseSettings.model_validate({"url": self.dsn(role, database)})

    def environment(self, role: str, database: str) -> dict[str, str]:
        """What a service's process reads its settings from; `role` may be `{role}` for a process of several."""
        vault = self.vault_settings
        keys = {str(number): key.get_secret_value() for number, key in vault.keys.items()}
        return {
            "DATABASE_URL": self.dsn(role, database),
            "VAULT_KEYS": json.dumps(keys),
            "VAULT_ACTIVE": str(vault.active),
            "VAULT_INDEX_KEY": vault.index_key.get_secret_value(),
            "TELEMETRY_LOG_LEVEL": "WARNING",
        }

    async def connect(self, database: str) -> "asyncpg.Connection[Any]":
        """As the superuser, who sees through row-level security."""
        return await asyncpg.connect(self.dsn("postgres", database).replace("+asyncpg", ""))

    async def clone(self, template: str = TEMPLATE) -> str:
        """A copy of a database nobody is connected to; its name."""
        name = f"run_{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER shouwang")
        await self.execute("CHECKPOINT")  # or the copying would go on in the background of what is measured
        return name

    async def template(self, name: str, fill: Callable[[str], Awaitable[None]], source: str = TEMPLATE) -> str:
        """A further template: a copy of `source` that `fill` has completed. Made once; returns its name."""
        if name not in self._templates:
            await self.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY OWNER shouwang")
            await fill(name)
            await self.execute("CHECKPOINT")
            self._templates.add(name)
        return name

    async def drop(self, database: str) -> None:
        await self.execute(f"DROP DATABASE {database} WITH (FORCE)")

    async def execute(self, statement: str) -> None:
        """One statement, in no transaction, in the database `postgres`."""
        connection = await self.connect("postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def open_world(tell: Callable[[str], None]) -> Iterator[World]:
    """Start the server and furnish the template; all of it goes when the block ends."""
    with DisposableCluster() as cluster, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world = World(cluster, Path(folder), tell)
        tell("preparing the database")
        asyncio.run(world.execute(f"CREATE DATABASE {TEMPLATE} OWNER shouwang"))
        for service in SERVICES:
            migrate(service, world.dsn("shouwang", TEMPLATE))
        asyncio.run(county.furnish(world.settings, TEMPLATE))
        yield world
