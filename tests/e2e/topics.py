"""A test's own hands on the topics: read all of one, write to it behind everybody's back, wait for a reader."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.bus.cloudevents import from_record, to_headers
from shared.bus.port import Message
from tests.e2e.story import eventually


async def read_all(bootstrap_servers: str, topic: str) -> list[Message]:
    """Every message of the topic, in order within each partition."""
    found: list[Message] = []
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [
                    from_record(
                        topic=one.topic,
                        partition=one.partition,
                        offset=one.offset,
                        timestamp_ms=one.timestamp,
                        key=one.key,
                        value=one.value,
                        headers=one.headers,
                    )
                    for one in records
                ]
    return found


async def produce(bootstrap_servers: str, messages: Iterable[Message]) -> None:
    """Put messages straight onto their topics."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        for one in messages:
            await producer.send(one.topic, value=one.value, key=one.key.encode(), headers=to_headers(one))
        await producer.flush()


async def caught_up(bootstrap_servers: str, group: str, topic: str, *, seconds: float = 60) -> None:
    """Wait until the group has committed everything that is on the topic now."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())

        async def committed() -> bool:
            offsets = await admin.list_consumer_group_offsets(group)
            return all(
                partition in offsets and offsets[partition].offset >= end for partition, end in ends.items() if end
            )

        await eventually(committed, seconds=seconds, what=f"{group} has read {topic}")
    finally:
        await admin.close()
