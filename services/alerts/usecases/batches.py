"""Many reports at once: kept sealed as they came, worked off chunk by chunk, each chunk one transaction.

A chunk is deleted by the transaction that stores its rows, so a worker killed at any moment loses and doubles nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from services.alerts import events
from services.alerts.models import Batch, NewAlert, OutboxRow
from services.alerts.queries import batches
from services.alerts.queries.intake import finished
from services.alerts.queries.known import Asked, look_up
from services.alerts.queries.unmatched import Key, lock_rows
from services.alerts.rules.batches import BatchFormat, RowMalformed
from services.alerts.rules.screening import Reference
from services.alerts.schemas.alerts import AlertDraft
from services.alerts.usecases.intake import Report, asked_of, screen_report, seal_report, store_alerts, told
from services.alerts.usecases.reading import read_many
from services.alerts.usecases.screening import Bench
from services.alerts.usecases.waiting import correct, key_of
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import WriteSession, raw
from shared.errors import DomainError, Fault
from shared.ids import new_id
from shared.lanes import Lane
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import CannotOpen, Vault
from shared.telemetry import current_traceparent
from shared.time_limit import in_time

PURPOSE = "batch-chunk"
_READ = 50  # rows read at a time
_REUSED = Fault("source_ref", "source-ref-reused")
_FAILED = Fault("", "row-failed")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk with all its sums done, or all but those of `open`; what is left then is to store it."""

    rows: list[tuple[int, NewAlert, OutboxRow]]  # by their numbers: those that trigger, and what will tell of them
    open: list[tuple[int, Report, Asked]]  # that the register has to decide
    errors: list[tuple[int, Fault]]
    sound: int  # rows without a fault
    numbered: dict[Key, tuple[int, Report]]  # of these, the last under each of the sender's own numbers


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
        role=who.role,
        feeds=sorted(who.feeds),
        areas=who.scope.serialise(),
        format=format_,
        state="queued",
        rows_total=rows_total,
        accepted=0,
        merged=0,
        worsened=0,
        snoozed=0,
        repeated=0,
        rejected=0,
        not_triggered=0,
        chunks_total=chunks_total,
        chunks_done=0,
        chunks_failed=0,
        received_at=now,
    )
    session.add(batch)
    await session.flush()
    await batches.insert_chunks(session, batch.id, chunks)
    await audit.record(session, who, "batch:report", batch.id, rows=rows_total)
    return batch


async def work_chunk(
    session: WriteSession, chunk: batches.Chunk, reference: Reference, vault: Vault, now: datetime, lane: Lane
) -> None:
    """Screen, seal and store the rows of a chunk, tell of what is new or worse, keep the errors, forget the chunk."""
    bench = Bench(reference.rules, local_date(now))
    ready = await in_time(prepare_chunk, chunk, reference, bench, vault, now, lane)
    waiting = await lock_rows(session, ready.numbered.keys())
    rows, judged = ready.rows, list[tuple[int, Report, Asked]]()
    if ready.open:
        facts = await look_up(await raw(session), [asked for _, _, asked in ready.open])
        judged = [(n, told(report, of), asked) for (n, report, asked), of in zip(ready.open, facts, strict=True)]
        rows = await in_time(decided, chunk, rows, judged, vault, now, lane)
    alerts, told_of = [alert for _, alert, _ in rows], [told for _, _, told in rows]
    settled = await store_alerts(session, await in_time(finished, alerts, told_of), vault)
    reused = [(n, _REUSED) for (n, _, _), one in zip(rows, settled, strict=True) if one.outcome is None]
    errors = [*ready.errors, *reused]
    if waiting:
        came = _came(ready, judged, {n for n, _, _ in rows}, {n for n, _ in reused})
        await correct(session, waiting, came, vault, now)
    await batches.insert_errors(session, chunk.batch_id, ((n, f.field, f.code, dict(f.params)) for n, f in errors))
    kept = Counter(one.outcome for one in settled if one.outcome)
    counts = batches.ChunkCounts(kept, len({n for n, _ in errors}), ready.sound - len(rows))
    await batches.finish_chunk(session, chunk, counts, now)


def prepare_chunk(
    chunk: batches.Chunk, reference: Reference, bench: Bench, vault: Vault, now: datetime, lane: Lane
) -> Prepared:
    """Read the rows of a chunk, judge them and seal what triggers: all processor time and no waiting."""
    who, trace = _sender(chunk), current_traceparent()
    rows: list[tuple[int, NewAlert, OutboxRow]] = []
    undecided: list[tuple[int, Report, Asked]] = []
    errors: list[tuple[int, Fault]] = []
    numbered: dict[Key, tuple[int, Report]] = {}
    sound = 0
    for number, draft in _drafts(_filled(chunk, vault)):
        try:
            report = screen_report(who, _sound(draft), reference, bench)
        except DomainError as refused:
            errors.extend((number, fault) for fault in refused.faults)
            continue
        sound += 1
        if (key := key_of(report)) is not None:
            numbered[key] = number, report
        if report.judged.is_open:
            undecided.append((number, report, asked_of(report, vault)))
        elif report.judged.severity is not None:
            alert = seal_report(who, report, vault, now, chunk.batch_id, lane)
            rows.append((number, alert, events.raised_row(alert, trace)))
    return Prepared(rows, undecided, errors, sound, numbered)


def decided(
    chunk: batches.Chunk,
    rows: list[tuple[int, NewAlert, OutboxRow]],
    judged: Sequence[tuple[int, Report, Asked]],
    vault: Vault,
    now: datetime,
    lane: Lane,
) -> list[tuple[int, NewAlert, OutboxRow]]:
    """All rows of a chunk that trigger, in their order. `judged`: those that the register has decided."""
    who, trace = _sender(chunk), current_traceparent()
    rows = list(rows)
    for number, report, asked in judged:
        if report.judged.severity is not None:
            alert = seal_report(who, report, vault, now, chunk.batch_id, lane, asked)
            rows.append((number, alert, events.raised_row(alert, trace)))
    return sorted(rows, key=lambda row: row[0])


def _came(
    ready: Prepared, judged: Sequence[tuple[int, Report, Asked]], alerts: Set[int], reused: Set[int]
) -> dict[Key, tuple[Report, bool]]:
    """What came under numbers, each with whether it is an alert; by the rows' own numbers, what they are said to be."""
    known = {number: report for number, report, _ in judged}
    return {
        key: (known.get(number, report), number in alerts)
        for key, (number, report) in ready.numbered.items()
        if number not in reused
    }


def _sender(chunk: batches.Chunk) -> Principal:
    return Principal(chunk.reported_by, "api_key", chunk.role, Scope.parse(chunk.areas), frozenset(chunk.feeds))


def _filled(chunk: batches.Chunk, vault: Vault) -> list[tuple[int, bytes]]:
    """Its rows by their numbers, without blank lines."""
    lines = map(bytes.strip, vault.open(chunk.sealed, PURPOSE).split(b"\n"))
    return [(number, line) for number, line in enumerate(lines, chunk.first_row) if line]


def _drafts(lines: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, AlertDraft | DomainError]]:
    """The rows of numbered lines, read some at a time: what fifty leave behind is still in the cache for the next."""
    for start in range(0, len(lines), _READ):
        numbers, texts = zip(*lines[start : start + _READ], strict=True)
        yield from zip(numbers, read_many(AlertDraft, texts, RowMalformed), strict=True)


def _sound(draft: AlertDraft | DomainError) -> AlertDraft:
    if isinstance(draft, DomainError):
        raise draft
    return draft


async def give_up(session: WriteSession, chunk: batches.Chunk, vault: Vault, now: datetime) -> None:
    """End a chunk that was tried for the last time: its rows are errors of the batch, the first one alone where it opens
    with no key.

    Sending the same rows again is the way out: what was stored already is only counted as repeated.
    """
    try:
        numbers = [number for number, _ in _filled(chunk, vault)]
    except CannotOpen:
        numbers = [chunk.first_row]
    await batches.insert_errors(session, chunk.batch_id, ((n, _FAILED.field, _FAILED.code, {}) for n in numbers))
    await batches.finish_chunk(session, chunk, batches.ChunkCounts({}, len(numbers)), now, failed=True)
