"""Messages to Kafka, through one idempotent producer at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.bus.cloudevents import to_headers
from shared.bus.kafka.connection import closed, connection
from shared.bus.kafka.settings import KafkaSettings
from shared.bus.port import Message


class Publisher:
    """One idempotent producer, thrown away after any failure: what state it was in is nobody's guess."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()
        self._discarding: set[asyncio.Task[None]] = set()

    async def send(self, messages: Sequence[Message]) -> None:
        producer = await self._current()
        acknowledgements: list[asyncio.Future[Any]] = []
        try:
            for message in messages:
                acknowledgements.append(
                    await producer.send(
                        message.topic,
                        value=message.value,
                        key=message.key.encode(),
                        headers=to_headers(message),
                    )
                )
            await asyncio.gather(*acknowledgements)
        except BaseException:
            for acknowledgement in acknowledgements:
                acknowledgement.cancel()
            self._discard(producer)
            raise

    async def stop(self) -> None:
        if self._producer is not None:
            self._discard(self._producer)
        await asyncio.gather(*self._discarding)

    async def _current(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **connection(self._settings),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=self._settings.linger_ms,
                    max_batch_size=256 * 1024,
                    max_request_size=self._settings.max_message_bytes,
                )
                try:
                    await producer.start()
                except BaseException:
                    await closed(producer.stop(), self._settings)
                    raise
                self._producer = producer
            return self._producer

    def _discard(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
            task = asyncio.create_task(closed(_drop(producer), self._settings))
            self._discarding.add(task)
            task.add_done_callback(self._discarding.discard)


async def _drop(producer: AIOKafkaProducer) -> None:
    """Close it without sending what it still holds: the caller publishes that again.

    An idempotent producer never lets a batch expire, so its own `stop` would wait for the broker to return and
    then send, hours later if need be. aiokafka has no public way to leave that out: this is `stop` without it.
    """
    producer._closed = True
    with suppress(Exception):  # a sender that has crashed raises its error here once more
        await producer._sender.close()
    await producer.client.close()
