"""What the way from an alert to its task cannot do without, at the pace of the alerts: commits, and a broker's hop."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.load import paced
from benchmarks.world import World

_TOPIC = "bench.hop"
_EVENT = b"x" * 600  # as large as an alert's


async def commits(world: World, rate: float, seconds: float) -> list[float]:
    """Milliseconds of each INSERT with its commit, one connection."""
    connection = await world.connect("postgres")
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS plain (id bigserial PRIMARY KEY, body text NOT NULL)")
        statement = await connection.prepare("INSERT INTO plain (body) VALUES ($1)")
        times = []
        async for _ in paced(rate, seconds):
            start = time.perf_counter()
            await statement.fetch(_EVENT.decode())
            times.append((time.perf_counter() - start) * 1000)
        return times
    finally:
        await connection.close()


async def broker_hops(address: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from sending a message until a consumer has it, acknowledged by all replicas as ours are."""
    await _create_topic(address)
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(_TOPIC, bootstrap_servers=address, fetch_max_wait_ms=100)
    await asyncio.gather(producer.start(), consumer.start())
    try:
        times = []
        async for _ in paced(rate, seconds):
            start = time.perf_counter()
            sent, _ = await asyncio.gather(producer.send_and_wait(_TOPIC, _EVENT), consumer.getone())
            assert sent.topic == _TOPIC
            times.append((time.perf_counter() - start) * 1000)
        return times
    finally:
        await asyncio.gather(producer.stop(), consumer.stop())


async def _create_topic(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        if _TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(_TOPIC, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
