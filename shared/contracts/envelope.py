"""What every event has: a literal type, a topic, a partition key, and a strict, frozen body.

Additive change keeps the type; anything else is a new `...V2` type emitted side by side. A body never holds a
name, phone or ID number in clear: a person is a keyed hash (`person_key`), and what a receiver must read
travels sealed (see `shared.security.vault`).
"""

from collections.abc import Iterable
from typing import ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict

from shared.contracts import topics


class Event(BaseModel):
    """Base of all events. Receivers ignore fields they do not know, so an added field breaks nobody."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[str]
    title_zh: ClassVar[str]

    @property
    def key(self) -> str:
        """The partition key: events of one key are received in the order they were emitted."""
        raise NotImplementedError(f"{type(self).__name__} must name its partition key")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.topic not in topics.TOPICS:
            raise TypeError(f"{cls.__name__}: unknown topic {cls.topic!r}")


EventType: TypeAlias = type[Event]


def by_type(events: Iterable[EventType]) -> dict[str, EventType]:
    """Index event classes by their CloudEvents type."""
    return {event.type: event for event in events}
