"""`emit`: say in the running transaction what others will hear after it has committed."""

from collections.abc import Sequence
from typing import Any

from shared.clock import utc_now
from shared.contracts.envelope import Event
from shared.db.engine import EMITTED, WriteSession, raw
from shared.ids import new_id
from shared.telemetry import current_traceparent

COLUMNS = ("event_id", "topic", "key", "type", "occurred_at", "value", "traceparent")
"""Columns of an outbox row as `row` makes it, for callers that COPY or insert it themselves."""

_INSERT = f"""
INSERT INTO outbox ({", ".join(COLUMNS)})
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
"""  # noqa: S608


def row(event: Event, traceparent: str | None = None) -> tuple[Any, ...]:
    """An outbox row for `event`, in the order of `COLUMNS`."""
    return (new_id(), event.topic, event.key, event.type, utc_now(), event.model_dump_json(), traceparent)


async def emit(session: WriteSession, *events: Event, traceparents: Sequence[str | None] | None = None) -> None:
    """Write `events` to the outbox, in order, in the session's transaction.

    `traceparents`: the trace each event belongs to, when one transaction works for many causes (a consumer's
    batch); the current trace otherwise.
    """
    if not events:
        return
    traces = traceparents or [current_traceparent()] * len(events)
    rows = [row(event, trace) for event, trace in zip(events, traces, strict=True)]
    await (await raw(session)).execute(_INSERT, *map(list, zip(*rows, strict=True)))
    session.info[EMITTED] = True
