"""The events that pass between services: one module per owner."""

from shared.contracts import (
    alerts,
    directory,
    grades,
    households,
    jobs,
    labour,
    monitoring,
    pretence,
    schooling,
    support,
)
from shared.contracts.envelope import EventType, by_type

ALL_EVENTS: tuple[EventType, ...] = (
    *directory.EVENTS,
    *alerts.EVENTS,
    *households.EVENTS,
    *grades.EVENTS,
    *pretence.EVENTS,
    *monitoring.EVENTS,
    *schooling.EVENTS,
    *labour.EVENTS,
    *jobs.EVENTS,
    *support.EVENTS,
)
BY_TYPE: dict[str, EventType] = by_type(ALL_EVENTS)
