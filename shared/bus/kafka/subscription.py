"""Messages from Kafka to one receiver, through a consumer that lives as long as the bus runs."""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus.cloudevents import from_record
from shared.bus.kafka.connection import LONGEST_PAUSE, RECONNECT_PAUSE, closed, connection, ms, pause_before
from shared.bus.kafka.settings import KafkaSettings
from shared.bus.port import Deliver, Message

log = logging.getLogger(__name__)

STOP_SECONDS = 20  # for the delivery that is running when the bus is stopped


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One consumer of one group: its loop, and which partitions wait for another try."""

    def __init__(self, settings: KafkaSettings, name: str, topics: Collection[str], deliver: Deliver) -> None:
        self._settings = settings
        self._name = name
        self._topics = sorted(topics)
        self._deliver = deliver
        self._failures: dict[TopicPartition, int] = {}  # in a row, by partition
        self._paused_until: dict[TopicPartition, float] = {}
        # Held from a delivery to its commit, so that a rebalance and a stop come between two batches.
        self._turn = asyncio.Lock()
        self._assignments = 0  # how many we have had: a batch of an earlier one is not ours any more
        self._task: asyncio.Task[None] | None = None
        self.polled_at = time.monotonic()

    def start(self, topics_ready: asyncio.Event) -> None:
        self.polled_at = time.monotonic()
        self._task = asyncio.create_task(self._run(topics_ready))

    async def stop(self) -> None:
        assert self._task is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._turn:
                pass
        self._task.cancel()  # nothing is lost: what was not committed comes again
        await asyncio.wait([self._task])

    async def on_partitions_revoked(self, *_: object) -> None:
        async with self._turn:
            self._assignments += 1
            self._failures.clear()
            self._paused_until.clear()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        log.info("%s consumes %d partitions", self._name, len(assigned))

    async def _run(self, topics_ready: asyncio.Event) -> None:
        await topics_ready.wait()
        attempt = 0
        while True:
            consumer, started_at = self._consumer(), time.monotonic()
            try:
                await consumer.start()
                while True:
                    await self._poll(consumer)
            except Exception as error:
                log.warning("consumer %s starts anew: %r", self._name, error)
            finally:
                await closed(_leave(consumer), self._settings)
            attempt = 0 if time.monotonic() - started_at > LONGEST_PAUSE else attempt + 1
            await asyncio.sleep(pause_before(attempt, RECONNECT_PAUSE))

    def _consumer(self) -> AIOKafkaConsumer:
        session = self._settings.session_timeout
        # Joining a group may take a dead member's whole session, which must not look like a dead broker.
        request_timeout = max(self._settings.request_timeout, session + 5)
        consumer = AIOKafkaConsumer(
            **connection(self._settings) | {"request_timeout_ms": ms(request_timeout)},
            group_id=self._name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=ms(session),
            heartbeat_interval_ms=ms(min(session / 4, 1)),  # also how soon a rebalance is noticed
            fetch_min_bytes=1,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=self._settings.max_message_bytes,
        )
        consumer.subscribe(self._topics, listener=self)
        return consumer

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        wait = self._resume_due(consumer)
        # Never inside wait_for: a cancelled fetch leaves aiokafka believing that we are still polling.
        batches = await consumer.getmany(timeout_ms=ms(wait), max_records=self._settings.max_batch)
        self.polled_at = time.monotonic()
        assignment = self._assignments
        # All in one go: a trickle over many partitions would cost a transaction and a commit for each message.
        if batches and not await self._hand_over(consumer, batches, assignment):
            for partition, records in batches.items():
                await self._hand_over(consumer, {partition: records}, assignment)

    def _resume_due(self, consumer: AIOKafkaConsumer) -> float:
        """Resume the partitions whose pause is over; return the seconds until the next one is."""
        now = time.monotonic()
        for partition in [tp for tp, until in self._paused_until.items() if until <= now]:
            del self._paused_until[partition]
            consumer.resume(partition)
        longest = self._settings.poll_ms / 1000
        return min([longest, *(until - now for until in self._paused_until.values())])

    async def _hand_over(
        self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, Sequence[Any]], assignment: int
    ) -> bool:
        """Deliver and commit, or put back for later. False: it failed for several partitions, so each is tried alone."""
        async with self._turn:
            if assignment != self._assignments:
                return True  # revoked meanwhile; whoever has them now starts at what we committed
            try:
                await self._deliver([_message(record) for records in batches.values() for record in records])
            except Exception as error:
                if len(batches) > 1:
                    return False
                for partition, records in batches.items():
                    self._put_back(consumer, partition, records[0].offset, error)
                return True
            for partition in batches:
                self._failures.pop(partition, None)
            await self._commit(consumer, {partition: records[-1].offset + 1 for partition, records in batches.items()})
            return True

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                await consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # A rebalance or a broker away: the batch may come again, and the inbox knows it already.
            log.warning("offsets of %s not committed: %r", self._name, error)

    def _put_back(self, consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int, error: Exception) -> None:
        """Rewind and pause this partition; the others go on. The error's text may hold data, so only its type."""
        failures = self._failures.get(partition, 0)
        pause = pause_before(failures)
        self._failures[partition] = failures + 1
        self._paused_until[partition] = time.monotonic() + pause
        log.warning(
            "%s could not take %s from offset %d (%s), again in %.1f s",
            self._name,
            partition,
            offset,
            type(error).__name__,
            pause,
        )
        consumer.seek(partition, offset)
        consumer.pause(partition)


async def _leave(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close, even when `stop` breaks off half-way, as it does while the broker is away."""
    try:
        await consumer.stop()
    finally:
        await consumer._client.close()


def _message(record: Any) -> Message:
    return from_record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value,
        headers=record.headers,
    )
