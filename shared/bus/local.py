"""The bus of one process: publishing runs every subscriber's transaction, so the outbox row is the queue.

Nothing is kept here. A message that some subscriber did not take makes `publish` raise; the relay publishes it
again, and subscribers who took it already know it by its id. A crash between loses nothing.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.bus.port import Deliver, Message


@dataclass(slots=True)
class _Subscriber:
    name: str
    topics: frozenset[str]
    deliver: Deliver
    # One delivery at a time, as with Kafka: two services' relays must not meet in one receiver's rows.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, messages: Sequence[Message]) -> None:
        wanted = [message for message in messages if message.topic in self.topics]
        if wanted:
            async with self.turn:
                await self.deliver(wanted)


class LocalBus:
    """A `Bus` without a broker."""

    def __init__(self) -> None:
        self._subscribers: dict[str, _Subscriber] = {}
        self._running = False

    def subscribe(self, subscriber: str, topics: Collection[str], deliver: Deliver) -> None:
        assert not self._running, "subscribe before start"
        assert subscriber not in self._subscribers, f"{subscriber} has subscribed already"
        self._subscribers[subscriber] = _Subscriber(subscriber, frozenset(topics), deliver)

    async def start(self) -> None:
        self._running = True

    async def stop(self) -> None:
        """Refuse what comes now, and return when running deliveries have ended."""
        self._running = False
        for subscriber in self._subscribers.values():
            async with subscriber.turn:
                pass

    async def publish(self, messages: Sequence[Message]) -> None:
        """Let every subscriber try, then raise when any of them failed."""
        if not self._running:
            raise ConnectionError("the bus is not running")
        failures: list[Exception] = []
        for subscriber in self._subscribers.values():
            try:
                await subscriber.take(messages)
            except Exception as failure:
                failure.add_note(f"subscriber {subscriber.name}")
                failures.append(failure)
        if failures:
            raise ExceptionGroup("not taken by every subscriber", failures)

    def health(self) -> Mapping[str, float]:
        return dict.fromkeys(self._subscribers, 0.0)
