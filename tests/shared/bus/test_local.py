"""The bus without a broker keeps nothing, so it must say when somebody did not take a message."""

import asyncio

import pytest

from shared.bus.local import LocalBus
from tests.shared.bus.receiver import Receiver, fail_times, messages

TOPIC = "alerts.alert"


async def test_publish_raises_after_everybody_has_tried() -> None:
    bus, down, up, gone = LocalBus(), Receiver(fail_times(1)), Receiver(), Receiver(fail_times(1))
    for name, receiver in (("down", down), ("up", up), ("gone", gone)):
        bus.subscribe(name, [TOPIC], receiver.deliver)
    await bus.start()
    with pytest.raises(ExceptionGroup) as failed:
        await bus.publish(messages(TOPIC, 3))
    assert [error.__notes__ for error in failed.value.exceptions] == [["subscriber down"], ["subscriber gone"]]
    assert len(up.taken) == 3


async def test_batch_is_handed_over_whole() -> None:
    bus, receiver = LocalBus(), Receiver()
    bus.subscribe("households", [TOPIC], receiver.deliver)
    await bus.start()
    await bus.publish(messages(TOPIC, 500))
    assert receiver.tries == 1


async def test_two_publishers_never_meet_in_one_receiver() -> None:
    bus, inside, most = LocalBus(), 0, 0

    async def deliver(_: object) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1

    bus.subscribe("households", [TOPIC, "jobs.placement"], deliver)
    await bus.start()
    await asyncio.gather(*(bus.publish(messages(topic, 1)) for topic in (TOPIC, "jobs.placement") * 3))
    assert most == 1


async def test_stop_waits_for_the_running_delivery() -> None:
    bus, done = LocalBus(), asyncio.Event()

    async def deliver(_: object) -> None:
        await asyncio.sleep(0.05)
        done.set()

    bus.subscribe("households", [TOPIC], deliver)
    await bus.start()
    publishing = asyncio.create_task(bus.publish(messages(TOPIC, 1)))
    await asyncio.sleep(0.01)
    await bus.stop()
    assert done.is_set()
    await publishing
