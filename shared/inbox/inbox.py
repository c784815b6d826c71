"""The inbox: at-least-once delivery in, exactly one effect out.

A batch is one transaction: claim the event ids, call the handlers, commit; the bus forgets the batch after that.
A batch that fails is halved until the event at fault stands alone; that one is tried a few times and then kept as a
dead letter, so that it holds up nobody. When the database is away the error goes to the bus, which tries for ever.

Both lanes come in here. Their transactions take turns, first come, first served, and those of bulk are short: so a
live batch waits for one transaction of bulk at most, bulk for one of live ones, and never one lane for the other's locks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.areas import Scope
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.envelope import Event, EventType
from shared.contracts.topics import TOPICS
from shared.db.engine import LANE, Database, WriteSession, raw
from shared.db.outage import is_outage
from shared.inbox import dead_letters
from shared.lanes import BULK_BATCH, Lane, on_lane
from shared.telemetry import event_span

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event with what its envelope says."""

    event: E
    id: UUID
    occurred_at: str
    traceparent: str | None


Handler = Callable[[WriteSession, Sequence[Received[Any]]], Awaitable[None]]
"""Handles a run of events of one type, in order, in the session's transaction: one event is a run of one."""

_CLAIM = """
INSERT INTO inbox (event_id, received_at) SELECT id, $2 FROM unnest($1::uuid[]) AS id
ON CONFLICT DO NOTHING RETURNING event_id
"""


class Inbox:
    """One service's receiver. `deliver` is what it hands to the bus."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[EventType, Handler],
        *,
        attempts: int = 5,
        pause: float = 0.2,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._handlers = {event.type: (event, handler) for event, handler in handlers.items()}
        self._attempts = attempts
        self._pause = pause
        self._now = now
        self._turn = asyncio.Lock()  # serves in the order of asking

    def topics(self, lane: Lane) -> frozenset[str]:
        """The topics of that lane that hold the handled events."""
        owned = {TOPICS[event.topic] for event, _ in self._handlers.values()}
        return frozenset(on_lane(topic.name, lane) for topic in owned if lane in topic.lanes)

    @property
    def types(self) -> frozenset[str]:
        """The types of the handled events."""
        return frozenset(self._handlers)

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Handle every message once and commit. Raises only for an outage: then the bus delivers again."""
        mine = [message for message in messages if message.type in self._handlers or not message.type]
        size = BULK_BATCH if any(message.lane is Lane.BULK for message in mine) else max(len(mine), 1)
        for start in range(0, len(mine), size):
            await self._deliver(mine[start : start + size])

    async def _deliver(self, messages: Sequence[Message]) -> None:
        try:
            await self._handle_batch(messages)
        except Exception as error:
            if is_outage(error):
                raise
            if len(messages) == 1:
                await self._insist(messages[0], error)
                return
            # Halving finds a poison event among 500 in nine steps, and its neighbours still go in bulk.
            middle = len(messages) // 2
            await self._deliver(messages[:middle])
            await self._deliver(messages[middle:])

    async def _insist(self, message: Message, failure: Exception) -> None:
        for attempt in range(2, self._attempts + 1):
            await asyncio.sleep(self._pause * attempt)
            try:
                await self._handle_batch([message])
                return
            except Exception as error:
                if is_outage(error):
                    raise
                failure = error
        await self._bury(message, failure)

    async def _bury(self, message: Message, error: Exception) -> None:
        log.error(
            "dead letter",
            extra={"event_type": message.type, "event_id": message.id, "error": type(error).__name__},
        )
        async with self._turn, self._database.write(Scope.everywhere()) as session:
            if await self._claim(session, [message]):
                await dead_letters.keep(session, event_id(message), message, error, self._attempts, self._now())

    async def _handle_batch(self, messages: Sequence[Message]) -> None:
        async with self._turn, self._database.write(Scope.everywhere()) as session:
            claimed = await self._claim(session, messages)
            await self.handle(session, _first_of_each(messages, claimed))

    async def _claim(self, session: WriteSession, messages: Sequence[Message]) -> set[UUID]:
        ids = [event_id(message) for message in messages]
        rows = await (await raw(session)).fetch(_CLAIM, ids, self._now())
        return {row["event_id"] for row in rows}

    async def handle(self, session: WriteSession, messages: Iterable[Message]) -> None:
        """Call the handlers, run by run of one type, in order. Also how a dead letter is replayed.

        What they emit goes on in the lane in which its cause came.
        """
        for (type_, lane), run in groupby(messages, key=lambda message: (message.type, message.lane)):
            if type_ not in self._handlers:
                raise UnreadableEvent
            event, handler = self._handlers[type_]
            session.info[LANE] = lane
            with ExitStack() as spans:
                await handler(session, [_receive(event, message, spans) for message in run])


class UnreadableEvent(Exception):
    """The message carries no CloudEvents type, or one this service does not handle."""


def event_id(message: Message) -> UUID:
    """The event's id as a UUID; a foreign id is hashed together with its source, as CloudEvents says it is unique."""
    try:
        return UUID(message.id)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{message.source}|{message.id}")


def _first_of_each(messages: Iterable[Message], claimed: set[UUID]) -> list[Message]:
    """The messages whose ids were claimed, once each: a batch may hold the same event twice."""
    left = set(claimed)
    first = []
    for message in messages:
        if (id_ := event_id(message)) in left:
            left.remove(id_)
            first.append(message)
    return first


def _receive(event: EventType, message: Message, spans: ExitStack) -> Received[Event]:
    span = event_span(f"process {message.type}", message.traceparent, {"messaging.message.id": message.id})
    traceparent = spans.enter_context(span) if message.traceparent else None
    return Received(event.model_validate_json(message.value), event_id(message), message.time, traceparent)
