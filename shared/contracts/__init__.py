"""The events that pass between services: one module per owner."""

from shared.contracts import alerts, directory, households, monitoring
from shared.contracts.envelope import EventType, by_type

ALL_EVENTS: tuple[EventType, ...] = (*directory.EVENTS, *alerts.EVENTS, *households.EVENTS, *monitoring.EVENTS)
BY_TYPE: dict[str, EventType] = by_type(ALL_EVENTS)
