"""What is emitted leaves once it has committed, in order, and is never lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.areas import Scope
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.alerts import AlertWithdrawn
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.db.engine import Database
from shared.lanes import BULK_BATCH, Lane
from shared.outbox import Relay, emit


class Collector:
    """A bus that keeps what is published; it can be away, also for one lane only, or die after publishing."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.sizes: list[int] = []
        self.away = False
        self.away_for: Lane | None = None
        self.dies_after = False

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.away or messages[0].lane is self.away_for:
            raise ConnectionError("away")
        self.sizes.append(len(messages))
        self.published.extend(messages)
        if self.dies_after:
            self.dies_after = False
            raise ConnectionError("died before the relay knew")


def event(name: str) -> AreasChanged:
    return AreasChanged(areas=[AreaRecord(code="539900101201", name=name)])


def names(messages: Sequence[Message]) -> list[str]:
    return [AreasChanged.model_validate_json(m.value).areas[0].name for m in messages]


async def waiting(database: Database) -> int:
    async with database.read(Scope.nowhere()) as session:
        return int(await session.scalar(text("SELECT count(*) FROM outbox")) or 0)


async def until_empty(database: Database) -> None:
    async with asyncio.timeout(10):
        while await waiting(database):
            await asyncio.sleep(0.02)


async def test_a_rolled_back_change_says_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.write(Scope.nowhere()) as session:
            await emit(session, event("甲"))
            raise RuntimeError
    assert await waiting(database) == 0
    assert not database.outbox_filled.is_set()


async def test_the_commit_wakes_the_relay_and_order_is_kept(database: Database) -> None:
    bus = Collector()
    relay = asyncio.create_task(Relay(database, bus, Lane.LIVE).run())  # type: ignore[arg-type]
    wanted = []
    for batch in range(30):
        async with database.write(Scope.nowhere()) as session:
            batch_names = [f"{batch}-{n}" for n in range(40)]
            await emit(session, *map(event, batch_names))
            wanted += batch_names
    await until_empty(database)
    relay.cancel()
    assert names(bus.published) == wanted


async def busy(database: Database, connections: int = 4) -> None:
    """Leave several connections in the pool, as requests do: the relay's next try then gets another one."""

    async def use() -> None:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(0.2)"))

    await asyncio.gather(*(use() for _ in range(connections)))


async def test_a_bus_that_was_away_gets_everything_later(database: Database) -> None:
    await busy(database)
    bus = Collector()
    bus.away = True
    relay = asyncio.create_task(Relay(database, bus, Lane.LIVE).run())  # type: ignore[arg-type]
    async with database.write(Scope.nowhere()) as session:
        await emit(session, event("甲"), event("乙"))
    await asyncio.sleep(0.3)
    assert await waiting(database) == 2
    bus.away = False
    await until_empty(database)
    relay.cancel()
    assert names(bus.published) == ["甲", "乙"]


async def test_a_crash_between_publish_and_delete_repeats_and_never_loses(database: Database) -> None:
    bus = Collector()
    bus.dies_after = True
    relay = asyncio.create_task(Relay(database, bus, Lane.LIVE).run())  # type: ignore[arg-type]
    async with database.write(Scope.nowhere()) as session:
        await emit(session, event("甲"))
    await until_empty(database)
    relay.cancel()
    assert names(bus.published) == ["甲", "甲"]
    assert len({m.id for m in bus.published}) == 1, "the receiver knows the second by its id"


async def test_one_relay_works_at_a_time(database: Database) -> None:
    first, second = Collector(), Collector()
    relays = [asyncio.create_task(Relay(database, bus, Lane.LIVE).run()) for bus in (first, second)]  # type: ignore[arg-type]
    await asyncio.sleep(0.2)
    for n in range(20):
        async with database.write(Scope.nowhere()) as session:
            await emit(session, event(str(n)))
    await until_empty(database)
    for relay in relays:
        relay.cancel()
    assert sorted((len(first.published), len(second.published))) == [0, 20]


def withdrawal(number: int) -> AlertWithdrawn:
    """An event whose topic has a bulk twin; all of one key."""
    return AlertWithdrawn(alert_id=UUID(int=number), subject_key="s", withdrawn_at=utc_now())


def numbers(messages: Sequence[Message]) -> list[int]:
    return [AlertWithdrawn.model_validate_json(m.value).alert_id.int for m in messages]


@asynccontextmanager
async def both_relays(database: Database, bus: Collector) -> AsyncIterator[None]:
    relays = [asyncio.create_task(Relay(database, bus, lane).run()) for lane in Lane]  # type: ignore[arg-type]
    yield
    for relay in relays:
        relay.cancel()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def rows_of(database: Database, lane: Lane) -> int:
    async with database.read(Scope.nowhere()) as session:
        return int(await session.scalar(text("SELECT count(*) FROM outbox WHERE lane = :lane"), {"lane": lane}) or 0)


async def test_each_lane_leaves_by_its_own_topic_in_its_own_order(database: Database) -> None:
    bus = Collector()
    async with database.write(Scope.nowhere()) as session:
        for number in range(0, 1000, 2):
            await emit(session, withdrawal(number))
            await emit(session, withdrawal(number + 1), lane=Lane.BULK)
    async with both_relays(database, bus):
        await until_empty(database)
    by_topic = {
        topic: [m for m in bus.published if m.topic == topic] for topic in ("alerts.alert", "alerts.alert-bulk")
    }
    assert [len(found) for found in by_topic.values()] == [500, 500]
    assert numbers(by_topic["alerts.alert"]) == list(range(0, 1000, 2))
    assert numbers(by_topic["alerts.alert-bulk"]) == list(range(1, 1000, 2))
    assert sorted(bus.sizes) == [100, BULK_BATCH, BULK_BATCH, 500]


async def test_an_event_whose_topic_has_no_twin_is_live_whatever_the_occasion(database: Database) -> None:
    async with database.write(Scope.nowhere()) as session:
        await emit(session, event("甲"), withdrawal(1), lane=Lane.BULK)
    assert (await rows_of(database, Lane.LIVE), await rows_of(database, Lane.BULK)) == (1, 1)


@pytest.mark.parametrize("stuck", Lane)
async def test_a_lane_that_is_stuck_is_nothing_to_the_other(database: Database, stuck: Lane) -> None:
    free = Lane(1 - stuck)
    bus = Collector()
    bus.away_for = stuck
    async with both_relays(database, bus):
        for number in range(5):
            async with database.write(Scope.nowhere()) as session:
                await emit(session, withdrawal(number), lane=free)
                await emit(session, withdrawal(100 + number), lane=stuck)
            await until(lambda number=number: numbers(bus.published)[-1:] == [number])  # type: ignore[misc]
        assert await rows_of(database, stuck) == 5
        bus.away_for = None
        await until_empty(database)
    assert numbers(bus.published) == [*range(5), *range(100, 105)]


async def test_code_that_knows_no_lanes_writes_live_rows(database: Database) -> None:
    """As processes of the version before do, between the migration and their replacement."""
    row = "INSERT INTO outbox (event_id, topic, key, type, occurred_at, value)"
    async with database.write(Scope.nowhere()) as session:
        await session.execute(text(f"{row} VALUES (gen_random_uuid(), 'directory.area', 'k', 'a.b', now(), '{{}}')"))
    bus = Collector()
    relay = asyncio.create_task(Relay(database, bus, Lane.LIVE).run())  # type: ignore[arg-type]
    await until_empty(database)
    relay.cancel()
    assert [message.topic for message in bus.published] == ["directory.area"]


async def test_each_lane_is_walked_along_the_key(database: Database) -> None:
    """In the order of ids, without reading the other lane: PostgreSQL says so itself."""
    async with database.engine.connect() as connection:
        await connection.execute(text("SET enable_sort = off"))
        look = text("EXPLAIN SELECT id FROM outbox WHERE lane = 1 ORDER BY id LIMIT 200")
        plan = "\n".join(await connection.scalars(look))
    assert "Index Only Scan using pk_outbox" in plan or "Index Scan using pk_outbox" in plan, plan
    assert "Index Cond: (lane = 1)" in plan, plan
