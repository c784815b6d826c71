"""`emit`: say in the running transaction what others will hear after it has committed."""

from collections.abc import Sequence
from typing import Any

from shared.clock import utc_now
from shared.contracts.envelope import Event
from shared.contracts.topics import TOPICS
from shared.db.engine import EMITTED, LANE, WriteSession, raw
from shared.ids import new_id
from shared.lanes import Lane
from shared.telemetry import current_traceparent

COLUMNS = ("event_id", "topic", "key", "type", "occurred_at", "value", "traceparent", "lane")
"""Columns of an outbox row as `row` makes it, for callers that COPY or insert it themselves."""

_INSERT = f"""
INSERT INTO outbox ({", ".join(COLUMNS)})
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::smallint[])
"""  # noqa: S608


def row(event: Event, traceparent: str | None = None, lane: Lane = Lane.LIVE) -> tuple[Any, ...]:
    """An outbox row for `event`, in the order of `COLUMNS`. Where its topic has no bulk twin it is live."""
    taken = lane if lane in TOPICS[event.topic].lanes else Lane.LIVE
    return (new_id(), event.topic, event.key, event.type, utc_now(), event.model_dump_json(), traceparent, taken)


async def emit(
    session: WriteSession,
    *events: Event,
    lane: Lane | None = None,
    traceparents: Sequence[str | None] | None = None,
) -> None:
    """Write `events` to the outbox, in order, in the session's transaction.

    `lane`: bulk for what comes by the thousand and nobody waits for. Without it, the lane of the message that is
    being handled, and live outside an inbox. `traceparents`: the trace each event belongs to, when one transaction
    works for many causes (a consumer's batch); the current trace otherwise.
    """
    if lane is None:
        lane = session.info.get(LANE, Lane.LIVE)
    traces = traceparents or [current_traceparent()] * len(events)
    await emit_rows(session, [row(event, trace, lane) for event, trace in zip(events, traces, strict=True)])


async def emit_rows(session: WriteSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same of rows that `row` made, in another process perhaps."""
    if not rows:
        return
    await (await raw(session)).execute(_INSERT, *map(list, zip(*rows, strict=True)))
    session.info[EMITTED] = True
