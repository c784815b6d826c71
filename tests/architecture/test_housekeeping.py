"""Every service forgets what it keeps for a while only, without a line of its own for it."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from services import SERVICES
from services.assembly import CREATE_APP, SETTINGS
from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.db.engine import Database, DatabaseSettings
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.signing import find_key

KEPT = """
INSERT INTO idempotency_key (principal, key, request_hash, created_at)
VALUES (gen_random_uuid(), 'old', '', now() - interval '25 hours'), (gen_random_uuid(), 'new', '', now());
"""
HANDLED = """
INSERT INTO inbox (event_id, received_at)
VALUES (gen_random_uuid(), now() - interval '31 days'), (gen_random_uuid(), now() - interval '29 days')
"""
NO_PROCESSES: dict[str, Any] = {"batch_processes": 0, "list_process": False, "file_process": False}
LEFT = text("SELECT (SELECT array_agg(key) FROM idempotency_key), (SELECT count(*) FROM inbox)")


@pytest.mark.parametrize("service", SERVICES)
async def test_old_keys_and_old_events_go(
    service: str, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    own = DatabaseSettings(url=SecretStr(cluster.dsn(service, database_name)), pool_size=4)
    database = Database(own, service)
    async with database.write(Scope.nowhere()) as session:
        await session.execute(text(KEPT))
        await session.execute(text(HANDLED))
    settings = SETTINGS[service](database=own, vault=vault_settings, **NO_PROCESSES)
    app = CREATE_APP[service](settings, LocalBus(), find_key)
    async with app.router.lifespan_context(app), asyncio.timeout(10):
        left = None
        while left != (["new"], 1):
            async with database.read(Scope.nowhere()) as session:
                left = tuple((await session.execute(LEFT)).one())
            await asyncio.sleep(0.05)
    await database.stop()
