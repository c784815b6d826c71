"""What those who run a service are told: whether it works, and what waits in it."""

import math
import re

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.db.engine import Database, DatabaseSettings
from shared.http import probes


@pytest.fixture
async def client(database: Database):
    app = FastAPI()
    bus = LocalBus()
    bus.subscribe("probed", ["alerts.alert"], None)
    bus.subscribe("probed-bulk", ["alerts.alert-bulk"], None)
    for name, value in {"name": "probed", "database": database, "bus": bus}.items():
        setattr(app.state, name, value)
    app.include_router(probes.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened:
        yield opened


async def gauges(client: httpx.AsyncClient) -> dict[str, float]:
    """The service's gauges: `shouwang_ready`, `shouwang_outbox_rows bulk`."""
    lines = (await client.get("/metrics")).text.splitlines()
    mine = (re.fullmatch(r'(\w+)\{(?:(?:lane|consumer)="([\w-]+)",)?service="probed"\} (.+)', line) for line in lines)
    return {" ".join(filter(None, one.group(1, 2))): float(one[3]) for one in mine if one}


async def test_metrics_count_what_waits(client: httpx.AsyncClient, database: Database) -> None:
    assert (await gauges(client))["shouwang_outbox_rows live"] == 0
    async with database.write(Scope.nowhere()) as session:
        await session.execute(
            text(
                "INSERT INTO outbox (event_id, topic, key, type, occurred_at, value, lane)"
                " SELECT gen_random_uuid(), 't', 'k', 'a.b', now() - interval '90 seconds' * (lane + 1), '{}', lane"
                " FROM unnest(ARRAY[0, 1, 1]) AS lane"
            )
        )

    seen = await gauges(client)

    assert seen["shouwang_ready"] == 1
    assert (seen["shouwang_outbox_rows live"], seen["shouwang_outbox_rows bulk"]) == (1, 2)
    assert 90 <= seen["shouwang_outbox_age_seconds live"] < 120
    assert 180 <= seen["shouwang_outbox_age_seconds bulk"] < 210
    assert seen["shouwang_dead_letters"] == 0
    assert seen["shouwang_poll_age_seconds probed"] == seen["shouwang_poll_age_seconds probed-bulk"] == 0


async def test_database_away_is_not_ready_and_shows_no_old_numbers(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get("/ready")).status_code == 200
    nobody_listens = DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/none"))
    monkeypatch.setattr(client._transport.app.state, "database", Database(nobody_listens, "probed"))

    answer = await client.get("/ready")
    seen = await gauges(client)

    assert answer.status_code == 503
    assert answer.json()["database"] == "ConnectionRefusedError"
    assert seen["shouwang_ready"] == 0
    for lane in ("live", "bulk"):
        assert math.isnan(seen[f"shouwang_outbox_rows {lane}"])
    assert (await client.get("/live")).status_code == 200
