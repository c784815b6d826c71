"""Tasks per second from a full queue, all services in one process: outbox → relay → local bus → inbox → tasks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.full_queue import TARGET, drain, full_queue, plain_consumer
from benchmarks.harness import Case, Figure
from benchmarks.serving import app, serving
from benchmarks.world import World

FIGURES = (Figure("tasks_embedded", "tasks/s", TARGET, "ours"),)


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """Each round drains a copy of the full database."""
    queue = await full_queue(world)

    async def make_tasks() -> list[float]:
        database = await world.clone(queue)
        async with serving(app("embedded"), world.folder / "embedded.log", world.environment("{role}", database)):
            rate = await drain(world, database)
        await world.drop(database)
        return [rate]

    async def plain() -> list[float]:
        return [await plain_consumer(world)]

    yield Case(FIGURES, make_tasks, plain)
