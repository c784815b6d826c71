"""A checked list is written into the register: the whole of it in one transaction, or nothing of it.

One transaction and not parts with a journal: the rows lie ready in tables of the same database, so there is nothing to
do between them, and whatever stops it (a crash, a row somebody else changed) leaves the register as it was.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.households.events import MOST_MEMBERS
from services.households.models import RegisterImport
from services.households.queries import list_writing as write
from services.households.queries import register_imports as queries
from services.households.queries.labour import LabourFacts
from services.households.rules.register import EMPTIED
from services.households.rules.register_imports import NationalRecord, RegisterMovedOn
from services.households.usecases import labour_telling
from services.households.usecases.adopting import adopt_cases
from services.households.usecases.following import follow_households
from services.households.usecases.quality import mark_due
from services.households.usecases.telling import clock, told_of
from shared.ahead import begun_ahead
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox.emit import emit_rows
from shared.outbox.emit import row as outbox_row
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault
from shared.side_processes import SideProcesses, side_processes
from shared.telemetry import current_traceparent

TELLERS = 1
"""Processes that seal what is told: one keeps up with the database."""


async def write_import(session: WriteSession, vault: Vault, who: Principal, row: RegisterImport, now: datetime) -> None:
    """Write a locked import that is being applied. Raises `RegisterMovedOn` when it has to be compared anew."""
    with side_processes(TELLERS, vault) as tellers:  # here, so that they are there when there is something to tell
        await _write(session, tellers, vault, who, row, now)


async def _write(
    session: WriteSession,
    tellers: SideProcesses[Vault],
    vault: Vault,
    who: Principal,
    row: RegisterImport,
    now: datetime,
) -> None:
    reason = row.removal_reason
    await write.take_turn(session)
    if await write.count_staged(session, row.id) != row.staged:
        raise RegisterMovedOn  # the database crashed meanwhile, and what lay ready is gone
    await write.hold(session, row.id, vanished=reason is not None)
    retold = await write.list_retold(session, row.id)
    await write.write_rows(session, row.id, now)
    if reason is not None:
        await write.remove_vanished(session, row.id, local_date(now), reason, now)
    await write.write_history(session, row.id, row.applied_by or who.id, now, reason)
    await follow_households(session, retold)
    adopted = await _adopt(session, who, row, now)
    claimed = await write.claim_staged(session, row.id, who.id, now)
    await _follow(session, who, row.id, reason, now)
    told = await _tell(session, tellers, vault, row, retold, removed=reason is not None)
    row.state, row.finished_at, row.failure = "applied", now, None
    done: dict[str, Any] = {"rows": row.staged, "told": told, "cases": adopted, "claimed": claimed}
    await audit.record(session, who, "register-import:write", row.id, kind=row.kind, **done)
    await queries.forget_staged(session, row.id)
    row.staged = 0


async def _follow(session: WriteSession, who: Principal, import_id: UUID, reason: str | None, now: datetime) -> None:
    """What hangs on the households is done soon after the commit: their sums and grades, the audit of their villages."""
    await write.put_due(session, import_id, "import", now, removed=False)
    if reason is not None:
        await write.settle_removed(session, import_id, who.id, now)
        if reason in EMPTIED:
            await write.dissolve_empty(session, import_id, local_date(now), EMPTIED[reason], who.id, now)
        cause = "import-correction" if reason == "mistake" else "import"
        await write.put_due(session, import_id, cause, now, removed=True)
    areas = await write.list_touched_areas(session, import_id, removed=reason is not None)
    await mark_due(session, who, areas, now)


async def _adopt(session: WriteSession, who: Principal, row: RegisterImport, now: datetime) -> int:
    records = [_record(one) for one in await write.list_cases(session, row.id)]
    return await adopt_cases(session, who, records, now) if records else 0


async def _tell(
    session: WriteSession,
    tellers: SideProcesses[Vault],
    vault: Vault,
    row: RegisterImport,
    retold: Sequence[UUID],
    *,
    removed: bool,
) -> int:
    """In as few events as may be, in the bulk lane. While some pages are sealed, the next one is read."""
    told, now, trace = 0, await clock(session), current_traceparent()
    pages = write.list_told(session, row.id, retold, MOST_MEMBERS, removed=removed)
    async for people, rows in begun_ahead(lambda page: tellers.begin(_rows_of, page, now, trace), pages):
        await emit_rows(session, rows)
        told += people
    async for keys in write.list_changed(session, row.id, labour_telling.TOLD_OF_PERSON, MOST_MEMBERS):
        await labour_telling.tell_labour(session, vault, keys, Lane.BULK)
    return told


def _rows_of(
    vault: Vault, page: Sequence[tuple[Any, ...]], now: datetime, trace: str | None
) -> tuple[int, list[tuple[Any, ...]]]:
    events = told_of(vault, list(map(LabourFacts._make, page)), now)
    return len(page), [outbox_row(event, trace, Lane.BULK) for event in events]


def _record(one: Any) -> NationalRecord:
    said = one["monitoring"]
    return NationalRecord(
        household_id=one["id"],
        area_code=one["area_code"],
        monitoring_class=said["class"],
        risks=tuple(said["risks"]),
        identified_on=_day(said["identified_on"]),
        eliminated=said["eliminated"],
        eliminated_on=_day(said["eliminated_on"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
