"""The port that both buses (`kafka`, `local`) fill: publish, subscribe, and nothing a service could lean on."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.lanes import Lane, lane_of


@dataclass(frozen=True, slots=True)
class Message:
    """One CloudEvents 1.0 event as it travels; `value` is its JSON data, the rest are its attributes."""

    topic: str  # "alerts.alert", or "alerts.alert-bulk"
    key: str  # partition key: household key or person key; one key's messages stay in order
    id: str  # CloudEvents id, a UUID version 7
    type: str  # "alerts.alert-raised"
    source: str  # "/alerts"
    time: str  # RFC 3339
    value: bytes
    traceparent: str | None = None

    @property
    def lane(self) -> Lane:
        """The lane it travels in."""
        return lane_of(self.topic)


Deliver = Callable[[Sequence[Message]], Awaitable[None]]
"""Hands messages to a receiver, whose transaction has committed when it returns; raising means try again."""


class Bus(Protocol):
    """At least once, in order per key. Receivers make it exactly once in effect (see `shared.inbox`)."""

    async def start(self) -> None:
        """Begin delivering to the subscribers; returns even when the broker is away."""

    async def stop(self) -> None:
        """Stop delivering, leave nothing half-delivered."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when all are durably handed over; raise otherwise. The same batch may be published again."""

    def subscribe(self, subscriber: str, topics: Collection[str], deliver: Deliver) -> None:
        """Before `start`. `subscriber` names the consumer group, one per service and lane: a lane never waits for
        another one's deliveries.
        """

    def health(self) -> Mapping[str, float]:
        """Seconds since the last poll that returned, by subscriber."""
        ...
