"""Tasks per second from a full queue as in production: the alerts process relays to Kafka, the households process
consumes. Broker, both processes and the database share the machine's cores.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.broker import open_kafka
from benchmarks.full_queue import TARGET, drain, full_queue, plain_consumer
from benchmarks.harness import Case, Figure
from benchmarks.serving import service, serving
from benchmarks.world import World

FIGURES = (Figure("tasks_kafka", "tasks/s", TARGET, "ours"),)


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """Each round drains a copy of the full database through the same broker."""
    async with open_kafka(world) as address:
        queue = await full_queue(world)

        async def make_tasks() -> list[float]:
            database = await world.clone(queue)
            async with processes(world, database, address):
                rate = await drain(world, database)
            await world.drop(database)
            return [rate]

        async def plain() -> list[float]:
            return [await plain_consumer(world)]

        yield Case(FIGURES, make_tasks, plain)


@asynccontextmanager
async def processes(world: World, database: str, kafka: str) -> AsyncIterator[int]:
    """The consumer first, then the process with the relay, whose port is yielded."""
    bus = {"KAFKA_BOOTSTRAP_SERVERS": kafka}
    households = world.environment("households", database) | bus
    alerts = world.environment("alerts", database) | bus
    async with (
        serving(service("households"), world.folder / "households.log", households),
        serving(service("alerts"), world.folder / "alerts.log", alerts) as port,
    ):
        yield port
