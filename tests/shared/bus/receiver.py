"""What the bus tests share: messages, a receiver that can fail, and the relay's patience."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import uuid4

from shared.bus.port import Bus, Message

SECONDS = 30


def messages(topic: str, count: int, *, keys: int = 10, start: int = 0) -> list[Message]:
    """`count` messages whose value is their number, spread over `keys` keys."""
    return [
        Message(
            topic=topic,
            key=f"household-{number % keys}",
            id=str(uuid4()),
            type="alerts.alert-raised",
            source="/alerts",
            time="2026-03-01T08:00:00+00:00",
            value=str(number).encode(),
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" if number % 2 else None,
        )
        for number in range(start, start + count)
    ]


class Receiver:
    """Keeps what it takes. `fails` decides, batch by batch, whether it is "down" for it."""

    def __init__(self, fails: Callable[[Sequence[Message]], bool] = lambda _: False) -> None:
        self.taken: list[Message] = []
        self.tries = 0
        self._came = asyncio.Event()
        self._fails = fails

    async def deliver(self, batch: Sequence[Message]) -> None:
        self.tries += 1
        await asyncio.sleep(0)  # a transaction would yield here
        if self._fails(batch):
            raise ConnectionError("the database is away")
        self.taken.extend(batch)
        self._came.set()

    async def has(self, expected: Iterable[Message]) -> None:
        """Wait until every expected message has been taken at least once."""
        ids = {message.id for message in expected}
        await self._until(lambda: ids <= self._ids(), lambda: f"{len(ids - self._ids())} of {len(ids)} never came")

    async def has_at_least(self, count: int) -> None:
        await self._until(lambda: len(self._ids()) >= count, lambda: f"{len(self._ids())} of {count} came")

    async def _until(self, enough: Callable[[], bool], complaint: Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                while not enough():
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            raise AssertionError(complaint()) from None

    def _ids(self) -> set[str]:
        return {message.id for message in self.taken}

    def in_order_by_key(self) -> dict[str, list[int]]:
        """The numbers taken, by key, each at its first coming: a second one is the inbox's to ignore."""
        by_key: dict[str, list[int]] = defaultdict(list)
        seen = set()
        for message in self.taken:
            if message.id not in seen:
                seen.add(message.id)
                by_key[message.key].append(int(message.value))
        return by_key


def fail_times(times: int) -> Callable[[Sequence[Message]], bool]:
    left = iter(range(times))
    return lambda _: next(left, None) is not None


async def relay(bus: Bus, batch: Sequence[Message]) -> None:
    """As the outbox relay does: the same batch again until the bus has taken it."""
    await until(lambda: bus.publish(batch))


async def until(attempt: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                await attempt()
                return
            except Exception:
                await asyncio.sleep(0.1)
