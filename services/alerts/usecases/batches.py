"""Many reports at once: kept sealed as they came, worked off chunk by chunk, each chunk one transaction.

A chunk is deleted by the transaction that stores its rows, so a worker killed at any moment loses and doubles nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.alerts import events
from services.alerts.models import Batch, BatchChunk, NewAlert
from services.alerts.queries import batches, intake
from services.alerts.rules import BatchFormat, Reference
from services.alerts.schemas import AlertDraft
from services.alerts.usecases.intake import prepare_alert
from services.alerts.usecases.reading import read_json, validated
from shared.areas import Scope
from shared.db.engine import WriteSession
from shared.errors import DomainError, Fault, InvalidInput
from shared.ids import new_id
from shared.outbox.emit import row as outbox_row
from shared.security import audit
from shared.security.principals import Principal, Role
from shared.security.vault import Vault
from shared.telemetry import current_traceparent

PURPOSE = "batch-chunk"
ATTEMPTS = 3
"""How often a chunk that fails for no outage is tried before its batch is given up."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk with all its sums done; what is left is to store it."""

    seq: int
    alerts: list[NewAlert]
    told: list[intake.OutboxRow]  # one for each of `alerts`
    row_numbers: list[int]  # likewise
    errors: list[tuple[int, Fault]]


async def accept_batch(
    session: WriteSession,
    who: Principal,
    format_: BatchFormat,
    rows_total: int,
    chunks: Iterable[tuple[int, int, bytes]],
    chunks_total: int,
    now: datetime,
) -> Batch:
    """Keep sealed chunks `(seq, first_row, sealed)` as a batch to be worked off."""
    batch = Batch(
        id=new_id(),
        reported_by=who.id,
        feeds=sorted(who.feeds),
        areas=who.scope.serialise(),
        format=format_,
        state="queued",
        rows_total=rows_total,
        accepted=0,
        repeated=0,
        rejected=0,
        chunks_total=chunks_total,
        chunks_done=0,
        attempts=0,
        received_at=now,
    )
    session.add(batch)
    await session.flush()
    await batches.insert_chunks(session, batch.id, chunks)
    await audit.record(session, who, "batch:report", batch.id, rows=rows_total)
    return batch


def sender(batch: Batch) -> Principal:
    """Who sent the batch, with what the sender was permitted then."""
    return Principal(batch.reported_by, "api_key", Role.BUREAU, Scope.parse(batch.areas), frozenset(batch.feeds))


def prepare_chunk(batch: Batch, chunk: BatchChunk, reference: Reference, vault: Vault, now: datetime) -> Prepared:
    """Read, screen and seal the rows of a chunk. All processor time and no waiting: run it in a thread."""
    who, trace = sender(batch), current_traceparent()
    ready = Prepared(chunk.seq, [], [], [], [])
    lines = vault.open(chunk.sealed, PURPOSE).split(b"\n")
    for number, line in enumerate(lines, chunk.first_row):
        if not line.strip():
            continue
        try:
            alert = prepare_alert(who, _read(line), reference, vault, now, batch.id)
        except DomainError as refused:
            ready.errors.extend((number, fault) for fault in refused.faults)
        else:
            ready.alerts.append(alert)
            ready.told.append(outbox_row(events.alert_raised(alert, reference.feeds[alert.feed].risk_family), trace))
            ready.row_numbers.append(number)
    return ready


def _read(line: bytes) -> AlertDraft:
    row = read_json(line)
    if row is None:
        raise InvalidInput([Fault("", "row-malformed")])
    return validated(AlertDraft, row)


async def store_chunk(session: WriteSession, batch_id: UUID, worker: UUID, chunk: Prepared, now: datetime) -> None:
    """Store a chunk's alerts, tell of the new ones, keep its errors, forget it. Raises `LeaseLost`."""
    batch = await batches.lock_leased(session, batch_id, worker)
    fresh = await intake.insert_alerts(session, chunk.alerts)
    await intake.copy_outbox(
        session, [row for alert, row in zip(chunk.alerts, chunk.told, strict=True) if alert.id in fresh]
    )
    reused = await _find_reused(session, chunk, fresh) if len(fresh) < len(chunk.alerts) else []
    errors = [*chunk.errors, *reused]
    await batches.insert_errors(session, batch_id, ((n, f.field, f.code, dict(f.params)) for n, f in errors))
    await batches.delete_chunks(session, batch_id, chunk.seq)
    rejected = len({number for number, _ in errors})
    batch.accepted += len(fresh)
    batch.rejected += rejected
    batch.repeated += len(chunk.alerts) - len(fresh) - len(reused)
    batch.chunks_done += 1
    batch.attempts = 0
    batch.lease_until = now + batches.LEASE
    if batch.chunks_done == batch.chunks_total:
        batch.state, batch.finished_at = "done", now


async def _find_reused(session: WriteSession, chunk: Prepared, fresh: set[UUID]) -> list[tuple[int, Fault]]:
    """Rows whose source_ref is known with other content; the other rows that are not fresh are mere repetitions."""
    known = [(n, a) for n, a in zip(chunk.row_numbers, chunk.alerts, strict=True) if a.id not in fresh]
    firsts = await intake.list_first_hashes(session, [alert for _, alert in known])
    reused = Fault("source_ref", "source-ref-reused")
    return [(n, reused) for (n, alert), first in zip(known, firsts, strict=True) if alert.row_hash != first]


async def note_failure(session: WriteSession, batch_id: UUID, worker: UUID, now: datetime) -> None:
    """Count a failed attempt; after the last one give the batch up and forget the rows that are left.

    Sending the same file again is the way out: what was stored already is only counted as repeated.
    """
    batch = await batches.lock_leased(session, batch_id, worker)
    batch.attempts += 1
    batch.worker, batch.lease_until = None, None
    if batch.attempts >= ATTEMPTS:
        batch.state, batch.finished_at = "failed", now
        await batches.delete_chunks(session, batch_id)
