"""One alert per request: key check, validation, sealing, alert and outbox row in one commit.

Floor: a bare FastAPI endpoint with one asyncpg INSERT of a row as large. Both answer 32 connections of the same load
generator, which shares the machine's cores with server and database; the relay runs, towards a bus without subscribers.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks import county, load
from benchmarks.apps import FLOOR_TABLE
from benchmarks.harness import Case, Figure
from benchmarks.serving import app, serving
from benchmarks.world import World

PEOPLE = 20_000
"""Twice as many requests as people: more than are sent in a round, or the later ones would be merged."""
FIGURES = (Figure("alert_post", "requests/s", target=0.5),)


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """Each has its own server. Ours begins every round with a county of whom nothing was reported yet."""
    database = await world.clone()
    connection = await world.connect(database)
    await connection.execute(FLOOR_TABLE)
    await connection.close()
    ours, floor = _our_requests(), _floor_requests()

    async def post_alerts() -> list[float]:
        fresh = await world.clone()
        async with serving(app("alerts"), world.folder / "alerts.log", world.environment("alerts", fresh)) as port:
            rate = (await load.run(load.Order(port, ours))).rate
        await world.drop(fresh)
        return [rate]

    async def post_to_floor() -> list[float]:
        dsn = world.dsn("postgres", database).replace("+asyncpg", "")
        async with serving(app("floor"), world.folder / "floor.log", {"FLOOR_DSN": dsn}) as port:
            return [(await load.run(load.Order(port, floor))).rate]

    yield Case(FIGURES, post_alerts, post_to_floor, rounds=5)
    await world.drop(database)


def _our_requests() -> list[str]:
    key = f"X-API-Key: {county.API_KEY}\r\n"
    drafts = county.alerts(county.people(PEOPLE))
    return [
        load.request(
            "/alerts/v1/alerts", json.dumps(draft | {"source_ref": f"JY-{load.MARK}"}, ensure_ascii=False), key
        )
        for draft in drafts
    ]


def _floor_requests() -> list[str]:
    return [
        load.request("/insert", json.dumps(_reading(draft), ensure_ascii=False))
        for draft in county.alerts(county.people(PEOPLE))
    ]


def _reading(draft: dict[str, object]) -> dict[str, object]:
    """The same report in the shape of the floor."""
    feed = str(draft["feed"])
    person = draft["person"]
    assert isinstance(person, dict)
    return {
        "id": f"01890000-0000-7000-8000-{load.MARK}",
        "dept": feed,
        "kind": feed.rpartition(".")[2],
        "day": draft["occurred_on"],
        "at": f"{draft['occurred_on']}T08:00:00+08:00",
        "id_number": person["id_number"],
        "name": person["name"],
        "area_code": draft["area_code"],
        "severity": "medium",
        "tags": ["village", "first-report"],
        "evidence": draft["evidence"],
    }
