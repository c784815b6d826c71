"""What both `tasks_*` cases share: a database whose alerts outbox is full, and the clock on its way to empty.

Floor of both: a plain consumer, which writes an event and a task in one transaction per event, on one connection. The
target is not the floor's but the best that a peer pipeline reached on such a machine: 880 tasks/s, with two inserts
per task, no outbox, no inbox and no audit.
"""

import asyncio
import time
from typing import Any

import asyncpg

from benchmarks.batch_intake import ndjson, post_batches
from benchmarks.register import HOUSEHOLDS, registered
from benchmarks.world import World

ALERTS = 2 * HOUSEHOLDS
TARGET = 900  # tasks/s
_FLOOR_EVENTS = 5_000
_LOOK = 0.05  # seconds between two looks at how many tasks there are
_PATIENCE = 180  # seconds

_FLOOR_TABLES = """
CREATE TABLE plain_event (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text NOT NULL);
CREATE TABLE plain_task (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), household text NOT NULL, due_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open'
);
CREATE INDEX ON plain_task (household)
"""


async def full_queue(world: World) -> str:
    """The name of the template: every household is there, and two alerts on each wait in the outbox."""

    async def fill(database: str) -> None:
        world.tell(f"putting {ALERTS:,} alerts into the outbox through the intake")
        await post_batches(world, database, ndjson(ALERTS))

    return await world.template("queue", fill, source=await registered(world))


async def drain(world: World, database: str) -> float:
    """Tasks per second from the first one seen until there is one for each alert: how long a process takes to come up
    is not counted.
    """
    connection = await world.connect(database)
    try:
        async with asyncio.timeout(_PATIENCE):
            first = await _count_from(connection, 1)
            last = await _count_from(connection, ALERTS)
        left = await connection.fetchval("SELECT count(*) FROM households.dead_letter")
        assert (last[1], left) == (ALERTS, 0), f"{last[1]} tasks of {ALERTS} alerts, {left} dead letters"
        return (last[1] - first[1]) / (last[0] - first[0])
    finally:
        await connection.close()


async def _count_from(connection: "asyncpg.Connection[Any]", least: int) -> tuple[float, int]:
    """When there were at least so many tasks, and how many there were."""
    while True:
        count: int = await connection.fetchval("SELECT count(*) FROM households.task")
        if count >= least:
            return time.perf_counter(), count
        await asyncio.sleep(_LOOK)


async def plain_consumer(world: World) -> float:
    """Events per second of the floor."""
    database = await world.clone()
    connection = await world.connect(database)
    try:
        await connection.execute(_FLOOR_TABLES)
        event = await connection.prepare("INSERT INTO plain_event (body) VALUES ($1)")
        task = await connection.prepare("INSERT INTO plain_task (household, due_at) VALUES ($1, now())")
        body = "x" * 600  # as large as an alert's event
        start = time.perf_counter()
        for number in range(_FLOOR_EVENTS):
            async with connection.transaction():
                await event.fetch(body)
                await task.fetch(f"household-{number}")
        return _FLOOR_EVENTS / (time.perf_counter() - start)
    finally:
        await connection.close()
        await world.drop(database)
