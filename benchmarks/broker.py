"""A real Apache Kafka of the benchmarks' own, never one that others use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.harness import CannotRun
from benchmarks.world import World
from tools.kafka.broker import BrokerUnavailable, open_broker


@asynccontextmanager
async def open_kafka(world: World) -> AsyncIterator[str]:
    """Start a broker and yield its address; raises `CannotRun` where none can be had."""
    world.tell("starting Apache Kafka")
    try:
        broker = await asyncio.to_thread(open_broker, world.folder / "kafka", own=True)
    except BrokerUnavailable as reason:
        raise CannotRun(f"no Apache Kafka: {reason}") from reason
    with broker:
        yield broker.bootstrap_servers
