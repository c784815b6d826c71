"""What only a real broker can do to the bus: die, come back, rebalance, hold records nobody can read."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from shared.bus.kafka import KafkaBus, KafkaSettings
from shared.bus.port import Message
from tests.shared.bus.receiver import Receiver, messages, relay
from tools.kafka.broker import ExternalBroker, KafkaBroker

pytestmark = pytest.mark.kafka

MakeBus = Callable[..., KafkaBus]


@pytest.fixture
def topic() -> str:
    return f"alerts.alert-{uuid4().hex[:8]}"


@pytest.fixture
async def make_bus(topic: str) -> AsyncIterator[MakeBus]:
    async with AsyncExitStack() as left_running:

        def make(broker: KafkaBroker | ExternalBroker, **settings: float) -> KafkaBus:
            fields = {"bootstrap_servers": broker.bootstrap_servers, "poll_ms": 50, "request_timeout": 3} | settings
            bus = KafkaBus(KafkaSettings.model_validate(fields))
            bus.ensure_topics({topic: "delete"})
            left_running.push_async_callback(bus.stop)
            return bus

        yield make


async def test_broker_killed_while_publishing_loses_nothing(
    make_bus: MakeBus, own_kafka_broker: KafkaBroker, topic: str
) -> None:
    bus, receiver, sent = make_bus(own_kafka_broker), Receiver(), messages(topic, 2000, keys=50)
    bus.subscribe("households", [topic], receiver.deliver)
    await bus.start()

    async def publish_all() -> None:
        for start in range(0, 2000, 100):
            await relay(bus, sent[start : start + 100])
            await asyncio.sleep(0.02)

    publishing = asyncio.create_task(publish_all())
    await receiver.has(sent[:300])
    await asyncio.to_thread(own_kafka_broker.kill)
    assert not publishing.done()
    await asyncio.sleep(1)
    await asyncio.to_thread(own_kafka_broker.start)

    await publishing
    await receiver.has(sent)
    for numbers in receiver.in_order_by_key().values():
        assert numbers == sorted(numbers)


async def test_broker_away_at_the_start_is_waited_for(
    make_bus: MakeBus, own_kafka_broker: KafkaBroker, topic: str
) -> None:
    own_kafka_broker.kill()
    bus, receiver, sent = make_bus(own_kafka_broker), Receiver(), messages(topic, 20)
    bus.subscribe("households", [topic], receiver.deliver)
    await bus.start()
    relaying = asyncio.create_task(relay(bus, sent))
    await asyncio.sleep(3)
    await asyncio.to_thread(own_kafka_broker.start)
    await relaying
    await receiver.has(sent)


async def test_publish_gives_up_in_time_and_sends_nothing_later(
    make_bus: MakeBus, own_kafka_broker: KafkaBroker, topic: str
) -> None:
    bus, receiver = make_bus(own_kafka_broker, request_timeout=1.5), Receiver()
    bus.subscribe("households", [topic], receiver.deliver)
    await bus.start()
    before, given_up, after = messages(topic, 10), messages(topic, 10, start=10), messages(topic, 10, start=20)
    await relay(bus, before)
    await asyncio.to_thread(own_kafka_broker.kill)

    asked_at = time.monotonic()
    with pytest.raises((TimeoutError, KafkaError)):
        await bus.publish(given_up)
    assert time.monotonic() - asked_at < 3

    await asyncio.to_thread(own_kafka_broker.start)
    await relay(bus, after)
    await receiver.has(before + after)
    assert not {message.id for message in given_up} & {message.id for message in receiver.taken}


async def test_what_lies_in_many_partitions_is_taken_in_one_go(
    make_bus: MakeBus, kafka_broker: ExternalBroker, topic: str
) -> None:
    publisher = make_bus(kafka_broker)
    await publisher.start()
    waiting = messages(topic, 60, keys=60)
    await relay(publisher, waiting)
    bus, receiver = make_bus(kafka_broker), Receiver()
    bus.subscribe(f"households-{topic}", [topic], receiver.deliver)
    await bus.start()
    await receiver.has(waiting)
    assert receiver.tries < 6, "a delivery for each of six partitions"


async def test_failing_partition_waits_and_the_others_go_on(
    make_bus: MakeBus, kafka_broker: ExternalBroker, topic: str
) -> None:
    down = True

    def poisoned(batch: Sequence[Message]) -> bool:
        return down and any(message.key == "household-0" for message in batch)

    bus, receiver = make_bus(kafka_broker), Receiver(poisoned)
    bus.subscribe(f"households-{topic}", [topic], receiver.deliver)
    await bus.start()
    blocked, free = messages(topic, 5, keys=1), [m for m in messages(topic, 200, keys=40) if m.key != "household-0"]
    await relay(bus, blocked)
    await relay(bus, free)
    # Keys that share the failing partition wait behind it; five of six partitions go on.
    await receiver.has_at_least(len(free) // 2)
    tries = receiver.tries
    await asyncio.sleep(2)
    assert receiver.tries - tries < 10
    down = False
    await receiver.has(blocked + free)
    for numbers in receiver.in_order_by_key().values():
        assert numbers == sorted(numbers)


async def test_consumers_of_a_group_share_and_take_over(
    make_bus: MakeBus, kafka_broker: ExternalBroker, topic: str
) -> None:
    first, second, sent = Receiver(), Receiver(), messages(topic, 900, keys=60)
    buses = []
    for receiver in (first, second):
        bus = make_bus(kafka_broker, session_timeout=20)
        bus.subscribe(f"households-{topic}", [topic], receiver.deliver)
        await bus.start()
        buses.append(bus)

    async with asyncio.timeout(15):
        while not (first.taken and second.taken):
            await relay(buses[0], sent[:300])
            await asyncio.sleep(0.2)

    stopped_at = time.monotonic()
    await buses[0].stop()
    await relay(buses[1], sent[300:])
    expected = {message.id for message in sent}
    while not expected <= {message.id for message in first.taken + second.taken}:
        assert time.monotonic() - stopped_at < 10, "the group was not left in order: its session runs out first"
        await asyncio.sleep(0.05)


async def test_stop_commits_the_running_delivery(make_bus: MakeBus, kafka_broker: ExternalBroker, topic: str) -> None:
    taken: list[Message] = []
    entered = asyncio.Event()

    async def deliver(batch: Sequence[Message]) -> None:
        entered.set()
        await asyncio.sleep(0.3)
        taken.extend(batch)

    bus, again = make_bus(kafka_broker), Receiver()
    bus.subscribe(f"households-{topic}", [topic], deliver)
    await bus.start()
    await relay(bus, messages(topic, 1))
    await entered.wait()
    await bus.stop()
    assert len(taken) == 1

    bus = make_bus(kafka_broker)
    bus.subscribe(f"households-{topic}", [topic], again.deliver)
    await bus.start()
    later = messages(topic, 1, start=1)
    await relay(bus, later)
    await again.has(later)
    assert len(again.taken) == 1


async def test_record_that_is_no_cloudevent_is_passed_on(
    make_bus: MakeBus, kafka_broker: ExternalBroker, topic: str
) -> None:
    bus, receiver = make_bus(kafka_broker), Receiver()
    bus.subscribe(f"households-{topic}", [topic], receiver.deliver)
    await bus.start()
    first, last = messages(topic, 1, keys=1), messages(topic, 1, keys=1, start=1)
    await relay(bus, first)
    async with AIOKafkaProducer(bootstrap_servers=kafka_broker.bootstrap_servers) as stranger:
        await stranger.send_and_wait(topic, key=first[0].key.encode(), value=b"\x00\xff not JSON")
        await stranger.send_and_wait(topic, key=first[0].key.encode(), value=None)
    await relay(bus, last)
    await receiver.has(first + last)
    poison, tombstone = receiver.taken[1:3]
    assert (poison.type, poison.value, poison.key) == ("", b"\x00\xff not JSON", "household-0")
    assert (tombstone.type, tombstone.value) == ("", b"")
    assert len({message.id for message in receiver.taken}) == 4


async def test_missing_topics_are_made_and_others_left_alone(kafka_broker: ExternalBroker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(f"{topic}.old", num_partitions=2, replication_factor=1)])
    settings = KafkaSettings(bootstrap_servers=kafka_broker.bootstrap_servers, partitions=4, retention_days=30)
    buses = [KafkaBus(settings), KafkaBus(settings)]  # two services starting together
    for bus in buses:
        bus.ensure_topics({f"{topic}.old": "compact", f"{topic}.state": "compact", f"{topic}.log": "delete"})
    await asyncio.gather(*(bus.start() for bus in buses))
    await asyncio.gather(*(relay(bus, messages(f"{topic}.log", 1)) for bus in buses))
    await asyncio.gather(*(bus.stop() for bus in buses))

    described = await admin.describe_topics([f"{topic}.old", f"{topic}.state", f"{topic}.log"])
    assert sorted(len(found["partitions"]) for found in described) == [2, 4, 4]
    assert await topic_config(admin, f"{topic}.old", "cleanup.policy") == "delete"
    assert await topic_config(admin, f"{topic}.state", "cleanup.policy") == "compact"
    assert await topic_config(admin, f"{topic}.log", "retention.ms") == str(30 * 24 * 60 * 60 * 1000)
    await admin.close()


async def topic_config(admin: AIOKafkaAdminClient, topic: str, name: str) -> str:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    values: dict[str, str] = {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}
    return values[name]


def test_incomplete_sasl_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="needs sasl_username and sasl_password"):
        KafkaSettings(bootstrap_servers="kafka:9093", security_protocol="SASL_SSL", sasl_username="shouwang")
