"""The bus itself: topics first, then consumers and producer."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence

from shared.bus.kafka.publisher import Publisher
from shared.bus.kafka.settings import KafkaSettings
from shared.bus.kafka.subscription import Subscription
from shared.bus.kafka.topics import CleanupPolicy, create_topics
from shared.bus.port import Deliver, Message
from shared.lanes import Lane


class KafkaBus:
    """A `Bus` over Kafka. Register topics and subscribers, then start; it can be stopped and started again."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topics: dict[str, CleanupPolicy] = {}
        self._topics_ready = asyncio.Event()
        self._topics_task: asyncio.Task[None] | None = None
        self._subscriptions: dict[str, Subscription] = {}
        # One for each lane: what makes a producer be thrown away, or wait, is its own lane's matter.
        self._publishers = {lane: Publisher(settings) for lane in Lane}

    def ensure_topics(self, topics: Mapping[str, CleanupPolicy]) -> None:
        """Before `start`: topics to create where they are missing. Those that exist are left as they are."""
        assert self._topics_task is None, "ensure topics before start"
        self._topics |= topics

    def subscribe(self, subscriber: str, topics: Collection[str], deliver: Deliver) -> None:
        assert self._topics_task is None, "subscribe before start"
        assert subscriber not in self._subscriptions, f"{subscriber} has subscribed already"
        self._subscriptions[subscriber] = Subscription(self._settings, subscriber, topics, deliver)

    async def start(self) -> None:
        """Return at once; topics, consumers and producer come up as soon as a broker answers."""
        assert self._topics_task is None, "already started"
        self._topics_task = asyncio.create_task(self._prepare_topics())
        for subscription in self._subscriptions.values():
            subscription.start(self._topics_ready)

    async def stop(self) -> None:
        """End the running deliveries with their commits, leave the groups, close the connections."""
        if self._topics_task is None:
            return
        self._topics_task.cancel()
        publishers = (publisher.stop() for publisher in self._publishers.values())
        subscriptions = (subscription.stop() for subscription in self._subscriptions.values())
        await asyncio.gather(asyncio.wait([self._topics_task]), *publishers, *subscriptions)
        self._topics_task = None
        self._topics_ready.clear()

    async def publish(self, messages: Sequence[Message]) -> None:
        if self._topics_task is None:
            raise ConnectionError("the bus is not running")
        async with asyncio.timeout(self._settings.request_timeout):
            await self._topics_ready.wait()  # a broker that creates topics itself would create them otherwise
            for lane, publisher in self._publishers.items():
                if of_lane := [message for message in messages if message.lane is lane]:
                    await publisher.send(of_lane)

    def health(self) -> Mapping[str, float]:
        now = time.monotonic()
        return {name: now - subscription.polled_at for name, subscription in self._subscriptions.items()}

    async def _prepare_topics(self) -> None:
        if self._topics:
            await create_topics(self._settings, self._topics)
        self._topics_ready.set()
