"""At-least-once in, exactly one effect out; a poison event holds up nobody."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text

from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.alerts import AlertWithdrawn
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.contracts.envelope import EventType
from shared.db.engine import Database, WriteSession
from shared.inbox import Handler, Inbox, Received, dead_letters
from shared.lanes import BULK_BATCH, Lane, on_lane
from shared.outbox import emit

POISON = "毒"
EFFECT = text("""
INSERT INTO audit_entry (id, at, principal, role, action, subject) VALUES (:id, now(), :id, 'x', 'x', :subject)
""")


def message(
    name: str, *, id_: str | None = None, type_: str = AreasChanged.type, value: bytes | None = None
) -> Message:
    event = AreasChanged(areas=[AreaRecord(code="539900101201", name=name)])
    return Message(
        topic=AreasChanged.topic,
        key=event.key,
        id=id_ or str(uuid4()),
        type=type_,
        source="/test",
        time=utc_now().isoformat(),
        value=value or event.model_dump_json().encode(),
    )


class Recorder:
    """A handler whose effect is a row per event, so that a roll-back takes it back."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.outages = 0

    async def __call__(self, session: WriteSession, received: Sequence[Received[AreasChanged]]) -> None:
        self.runs.append(len(received))
        if self.outages:
            self.outages -= 1
            raise asyncpg.CannotConnectNowError("the database is starting up")
        for one in received:
            name = one.event.areas[0].name
            await session.execute(EFFECT, {"id": uuid4(), "subject": name})
            if name == POISON:
                raise ValueError("a text that must not be kept")


def inbox(database: Database, handler: Handler, **options: Any) -> Inbox:
    handlers: dict[EventType, Handler] = {AreasChanged: handler}
    return Inbox(database, handlers, pause=0, **options)


async def effects(database: Database) -> list[str]:
    async with database.read(Scope.nowhere()) as session:
        return list(await session.scalars(text("SELECT subject FROM audit_entry ORDER BY id")))


async def letters(database: Database) -> list[Any]:
    async with database.read(Scope.nowhere()) as session:
        return list(await dead_letters.list_page(session, resolved=False, after=None, limit=10))


async def test_a_batch_is_handled_in_one_run_and_in_order(database: Database) -> None:
    recorder = Recorder()
    await inbox(database, recorder).deliver([message(f"村{n}") for n in range(5)])
    assert recorder.runs == [5]
    assert sorted(await effects(database)) == [f"村{n}" for n in range(5)]


async def test_a_second_delivery_does_nothing(database: Database) -> None:
    recorder = Recorder()
    box = inbox(database, recorder)
    batch = [message("甲"), message("乙")]
    await box.deliver(batch)
    await box.deliver(batch)
    await box.deliver([*batch, batch[0]])
    assert sorted(await effects(database)) == sorted(["甲", "乙"])


async def test_one_event_twice_in_a_batch_counts_once(database: Database) -> None:
    twice = message("甲")
    await inbox(database, Recorder()).deliver([twice, twice])
    assert await effects(database) == ["甲"]


async def test_two_processes_given_the_same_batch_handle_it_once(database: Database) -> None:
    batch = [message(f"村{n}") for n in range(20)]
    boxes = [inbox(database, Recorder()) for _ in range(3)]
    await asyncio.gather(*(box.deliver(batch) for box in boxes))
    assert len(await effects(database)) == 20


async def test_a_poison_event_is_buried_and_its_neighbours_are_not(database: Database) -> None:
    batch = [message(POISON if n == 7 else f"村{n}") for n in range(20)]
    await inbox(database, Recorder(), attempts=3).deliver(batch)
    assert POISON not in await effects(database)
    assert len(await effects(database)) == 19
    [letter] = await letters(database)
    assert (letter["error"], letter["attempts"]) == ("ValueError", 3)
    assert "must not be kept" not in str(dict(letter))


@pytest.mark.parametrize("value", [b"{", b"{}", b"\xff"])
async def test_an_event_that_cannot_be_read_is_buried(database: Database, value: bytes) -> None:
    await inbox(database, Recorder(), attempts=1).deliver([message("甲"), message("?", value=value), message("乙")])
    assert sorted(await effects(database)) == sorted(["甲", "乙"])
    assert len(await letters(database)) == 1


async def test_a_message_without_a_type_or_with_a_foreign_id_is_buried(database: Database) -> None:
    await inbox(database, Recorder(), attempts=1).deliver([message("甲", type_="", id_="offset-1")])
    [letter] = await letters(database)
    assert letter["error"] == "UnreadableEvent"


async def test_an_event_of_another_type_on_the_topic_is_passed_over(database: Database) -> None:
    await inbox(database, Recorder()).deliver([message("甲", type_="directory.something-else")])
    assert await effects(database) == []
    assert await letters(database) == []


async def test_an_outage_goes_to_the_bus_and_nothing_is_half_done(database: Database) -> None:
    recorder = Recorder()
    recorder.outages = 1
    box = inbox(database, recorder)
    batch = [message("甲"), message("乙")]
    with pytest.raises(asyncpg.CannotConnectNowError):
        await box.deliver(batch)
    assert await effects(database) == []
    await box.deliver(batch)
    assert len(await effects(database)) == 2


async def test_a_dead_letter_is_replayed_once_its_cause_is_gone(database: Database) -> None:
    await inbox(database, Recorder(), attempts=1).deliver([message(POISON)])
    [letter] = await letters(database)

    async def mended(session: WriteSession, received: Sequence[Received[AreasChanged]]) -> None:
        await session.execute(EFFECT, {"id": received[0].id, "subject": "ok"})

    async with database.write(Scope.nowhere()) as session:
        await dead_letters.replay(session, inbox(database, mended).handle, letter["id"], "me", utc_now())
    assert await effects(database) == ["ok"]
    assert await letters(database) == []
    with pytest.raises(dead_letters.DeadLetterResolved):
        async with database.write(Scope.nowhere()) as session:
            await dead_letters.discard(session, letter["id"], "me", utc_now())


async def test_a_replay_that_fails_leaves_the_letter(database: Database) -> None:
    box = inbox(database, Recorder(), attempts=1)
    await box.deliver([message(POISON)])
    [letter] = await letters(database)
    with pytest.raises(ValueError, match="must not be kept"):
        async with database.write(Scope.nowhere()) as session:
            await dead_letters.replay(session, box.handle, letter["id"], "me", utc_now())
    assert len(await letters(database)) == 1


def withdrawn(lane: Lane, *, poison: bool = False) -> Message:
    """A message of a topic that has both lanes."""
    event = AlertWithdrawn(alert_id=uuid4(), subject_key=POISON if poison else "s", withdrawn_at=utc_now())
    value = event.model_dump_json().encode()
    topic = on_lane(event.topic, lane)
    return Message(topic, event.key, str(uuid4()), event.type, "/test", utc_now().isoformat(), value)


class Forwarder:
    """Tells on what it hears, as the services do, and counts its transactions."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    async def __call__(self, session: WriteSession, received: Sequence[Received[AlertWithdrawn]]) -> None:
        self.runs.append(len(received))
        if any(one.event.subject_key == POISON for one in received):
            raise ValueError
        await emit(session, *(one.event for one in received))


def forwarding(database: Database, handler: Forwarder, **options: Any) -> Inbox:
    return Inbox(database, {AlertWithdrawn: handler}, **options)


async def emitted(database: Database) -> list[Lane]:
    async with database.read(Scope.nowhere()) as session:
        return [Lane(lane) for lane in await session.scalars(text("SELECT lane FROM outbox ORDER BY occurred_at"))]


async def test_topics_are_those_of_the_lane(database: Database) -> None:
    box = Inbox(database, {AlertWithdrawn: Forwarder(), AreasChanged: Recorder()})
    assert box.topics(Lane.LIVE) == {"alerts.alert", "directory.area"}
    assert box.topics(Lane.BULK) == {"alerts.alert-bulk"}, "areas have no bulk"


@pytest.mark.parametrize("lane", Lane)
async def test_what_a_handler_emits_goes_on_in_the_lane_of_its_cause(database: Database, lane: Lane) -> None:
    await forwarding(database, Forwarder()).deliver([withdrawn(lane), withdrawn(lane)])
    assert await emitted(database) == [lane, lane]


async def test_lanes_in_one_delivery_are_not_mixed_up(database: Database) -> None:
    forwarder, order = Forwarder(), [Lane.BULK, Lane.LIVE, Lane.LIVE, Lane.BULK]
    await forwarding(database, forwarder).deliver([withdrawn(lane) for lane in order])
    assert forwarder.runs == [1, 2, 1]
    assert await emitted(database) == order


async def test_a_dead_letter_of_bulk_is_replayed_as_bulk(database: Database) -> None:
    box = forwarding(database, Forwarder(), attempts=1)
    await box.deliver([withdrawn(Lane.BULK, poison=True)])
    [letter] = await letters(database)
    assert letter["topic"] == "alerts.alert-bulk"

    async def mended(session: WriteSession, received: Sequence[Received[AlertWithdrawn]]) -> None:
        await emit(session, *(one.event for one in received))

    async with database.write(Scope.nowhere()) as session:
        replaying = Inbox(database, {AlertWithdrawn: mended})
        await dead_letters.replay(session, replaying.handle, letter["id"], "me", utc_now())
    assert await emitted(database) == [Lane.BULK]


async def test_bulk_comes_in_short_transactions(database: Database) -> None:
    forwarder = Forwarder()
    box = forwarding(database, forwarder)
    await box.deliver([withdrawn(Lane.BULK) for _ in range(2 * BULK_BATCH + 50)])
    await box.deliver([withdrawn(Lane.LIVE) for _ in range(2 * BULK_BATCH)])
    assert forwarder.runs == [BULK_BATCH, BULK_BATCH, 50, 2 * BULK_BATCH]


async def test_poison_in_bulk_holds_up_no_live_event(database: Database) -> None:
    """It is tried again after an hour here; meanwhile the live lane has its turns."""
    box = forwarding(database, Forwarder(), pause=3600)
    bulk = asyncio.create_task(box.deliver([withdrawn(Lane.BULK, poison=True)]))
    for _ in range(3):
        async with asyncio.timeout(10):
            await box.deliver([withdrawn(Lane.LIVE)])
    assert not bulk.done()
    assert await emitted(database) == [Lane.LIVE] * 3
    bulk.cancel()


@pytest.mark.parametrize("busy", Lane)
async def test_a_busy_lane_leaves_the_other_its_turn(database: Database, busy: Lane) -> None:
    """One lane always has the next message ready; of the other, each is taken after two of those at the most."""
    taken: list[Lane] = []

    async def note(session: WriteSession, received: Sequence[Received[AlertWithdrawn]]) -> None:
        await session.execute(text("SELECT pg_sleep(0.005)"))
        taken.append(Lane(session.info["lane"]))

    box, bus, patient = Inbox(database, {AlertWithdrawn: note}), LocalBus(), Lane(1 - busy)
    for lane in Lane:
        bus.subscribe(on_lane("households", lane), box.topics(lane), box.deliver)
    await bus.start()

    async def keep_busy() -> None:
        while True:
            await bus.publish([withdrawn(busy)])

    crowd = asyncio.create_task(keep_busy())
    while busy not in taken:
        await asyncio.sleep(0.001)
    waited = []
    for _ in range(10):
        before = len(taken)
        async with asyncio.timeout(10):
            await bus.publish([withdrawn(patient)])
        waited.append(len(taken) - before - 1)
    crowd.cancel()
    await asyncio.wait([crowd])
    assert max(waited) <= 2, waited
    assert taken.count(patient) == 10
