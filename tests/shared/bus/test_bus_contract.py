"""What every bus promises: at least once, in order per key, to every subscriber, and no lane waits for the other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from shared.bus.kafka import KafkaBus, KafkaSettings
from shared.bus.local import LocalBus
from shared.bus.port import Bus, Message
from shared.lanes import Lane
from tests.shared.bus.receiver import Receiver, fail_times, messages, relay

MakeBus = Callable[..., Bus]


@pytest.fixture
def topic() -> str:
    return f"alerts.alert-{uuid4().hex[:8]}"


@pytest.fixture
def group() -> str:
    """A name no other test's offsets belong to."""
    return f"households-{uuid4().hex[:8]}"


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.kafka)])
async def make_bus(request: pytest.FixtureRequest, topic: str) -> AsyncIterator[MakeBus]:
    """Makes buses of one kind that know each other's topics; stops what a test left running."""
    async with AsyncExitStack() as left_running:

        def make() -> Bus:
            bus: Bus
            if request.param == "local":
                bus = LocalBus()
            else:
                broker = request.getfixturevalue("kafka_broker")
                bus = KafkaBus(KafkaSettings(bootstrap_servers=broker.bootstrap_servers, poll_ms=50))
                bus.ensure_topics({topic: "delete", f"{topic}-bulk": "delete", f"{topic}.other": "delete"})
            left_running.push_async_callback(bus.stop)
            return bus

        yield make


async def test_message_arrives_as_it_was_sent(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver, sent = make_bus(), Receiver(), messages(topic, 2)
    bus.subscribe(group, [topic], receiver.deliver)
    await bus.start()
    await relay(bus, sent)
    await receiver.has(sent)
    assert {message.id: message for message in receiver.taken} == {message.id: message for message in sent}


async def test_messages_of_a_key_stay_in_order(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver = make_bus(), Receiver()
    bus.subscribe(group, [topic], receiver.deliver)
    await bus.start()
    sent = messages(topic, 1500, keys=40)
    for start in range(0, 1500, 500):
        await relay(bus, sent[start : start + 500])
    await receiver.has(sent)
    for numbers in receiver.in_order_by_key().values():
        assert numbers == sorted(numbers)


async def test_failed_delivery_comes_again_in_order(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver = make_bus(), Receiver(fail_times(3))
    bus.subscribe(group, [topic], receiver.deliver)
    await bus.start()
    sent = messages(topic, 60, keys=6)
    await relay(bus, sent)
    await receiver.has(sent)
    assert receiver.tries > 3
    for numbers in receiver.in_order_by_key().values():
        assert numbers == sorted(numbers)


async def test_every_subscriber_gets_every_message(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, households, supervision = make_bus(), Receiver(), Receiver()
    bus.subscribe(f"{group}-1", [topic], households.deliver)
    bus.subscribe(f"{group}-2", [topic], supervision.deliver)
    await bus.start()
    sent = messages(topic, 30)
    await relay(bus, sent)
    await households.has(sent)
    await supervision.has(sent)


async def test_failing_subscriber_holds_up_nobody_else(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, down, up = make_bus(), Receiver(fail_times(4)), Receiver()
    bus.subscribe(f"{group}-1", [topic], down.deliver)
    bus.subscribe(f"{group}-2", [topic], up.deliver)
    await bus.start()
    sent = messages(topic, 20, keys=1)
    await relay(bus, sent)
    await up.has(sent)
    await down.has(sent)


@pytest.mark.parametrize("held_up", Lane)
async def test_a_lane_goes_on_while_a_delivery_of_the_other_lasts(
    make_bus: MakeBus, topic: str, group: str, held_up: Lane
) -> None:
    held, entered = asyncio.Event(), asyncio.Event()
    slow, quick = Receiver(), Receiver()

    async def deliver(batch: Sequence[Message]) -> None:
        entered.set()
        await held.wait()
        await slow.deliver(batch)

    topics = {Lane.LIVE: topic, Lane.BULK: f"{topic}-bulk"}
    other = Lane(1 - held_up)
    bus = make_bus()
    bus.subscribe(f"{group}-{held_up}", [topics[held_up]], deliver)
    bus.subscribe(f"{group}-{other}", [topics[other]], quick.deliver)
    await bus.start()
    waiting, passing = messages(topics[held_up], 50), messages(topics[other], 50)
    assert {message.lane for message in waiting} == {held_up}
    publishing = asyncio.create_task(relay(bus, waiting))
    await entered.wait()
    await relay(bus, passing)
    await quick.has(passing)
    assert slow.taken == []
    held.set()
    await publishing
    await slow.has(waiting)


async def test_subscriber_gets_only_its_topics(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver = make_bus(), Receiver()
    bus.subscribe(group, [topic], receiver.deliver)
    await bus.start()
    foreign, own = messages(f"{topic}.other", 5), messages(topic, 5)
    await relay(bus, foreign + own)
    await receiver.has(own)
    assert {message.topic for message in receiver.taken} == {topic}


async def test_stopped_and_started_again_loses_and_repeats_nothing(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver = make_bus(), Receiver()
    bus.subscribe(group, [topic], receiver.deliver)
    sent = messages(topic, 90)
    for start in range(0, 90, 30):
        await bus.start()
        await relay(bus, sent[start : start + 30])
        await receiver.has(sent[: start + 30])
        await bus.stop()
    assert len(receiver.taken) == 90


async def test_new_process_goes_on_where_the_old_one_stopped(make_bus: MakeBus, topic: str, group: str) -> None:
    sent, receivers = messages(topic, 40), [Receiver(), Receiver()]
    for half, receiver in enumerate(receivers):
        bus = make_bus()
        bus.subscribe(group, [topic], receiver.deliver)
        await bus.start()
        await relay(bus, sent[20 * half : 20 * half + 20])
        await receiver.has(sent[20 * half : 20 * half + 20])
        await bus.stop()
    assert [len(receiver.taken) for receiver in receivers] == [20, 20]


async def test_stopped_bus_takes_nothing(make_bus: MakeBus, topic: str) -> None:
    bus = make_bus()
    await bus.start()
    await relay(bus, messages(topic, 1))
    await bus.stop()
    with pytest.raises(ConnectionError):
        await bus.publish(messages(topic, 1))


async def test_health_tells_the_age_of_the_last_poll(make_bus: MakeBus, topic: str, group: str) -> None:
    bus, receiver = make_bus(), Receiver()
    bus.subscribe(group, [topic], receiver.deliver)
    await bus.start()
    await relay(bus, messages(topic, 1))
    await receiver.has([])
    assert list(bus.health()) == [group]
    assert 0 <= bus.health()[group] < 30
