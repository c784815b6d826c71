"""Fixtures for the shared parts, tried on the directory's schema: every service has the same tables for them."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from shared.db.engine import Database, DatabaseSettings
from shared.postgres import Cluster


@pytest.fixture
async def database(cluster: Cluster, database_name: str) -> AsyncIterator[Database]:
    """The directory's schema, as its runtime role."""
    opened = Database(
        DatabaseSettings(url=SecretStr(cluster.dsn("directory", database_name)), pool_size=8), "directory"
    )
    yield opened
    await opened.stop()
