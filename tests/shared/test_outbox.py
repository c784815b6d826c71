"""What is emitted leaves once it has committed, in order, and is never lost."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from shared.areas import Scope
from shared.bus.port import Message
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.db.engine import Database
from shared.lanes import Lane
from shared.outbox import Relay, emit


class Collector:
    """A bus that keeps what is published; it can be away, or die after publishing."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.away = False
        self.dies_after = False

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.away:
            raise ConnectionError("away")
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
