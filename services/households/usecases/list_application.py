"""A checked list is written into the register: the whole of it in one transaction, or nothing of it.

One transaction and not parts with a journal: the rows lie ready in tables of the same database, so there is nothing to
do between them, and whatever stops it (a crash, a row somebody else changed) leaves the register as it was.

A list that nobody looks at first is written while it is compared (`WritingAtOnce`), in one transaction as well.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.households.models import RegisterImport
from services.households.queries import list_writing as write
from services.households.queries import register_imports as queries
from services.households.queries.list_inserting import insert_new
from services.households.queries.regrouped_cases import entered_at, joined_by
from services.households.rules.register import EMPTIED
from services.households.rules.register_imports import NationalRecord, RegisterMovedOn
from services.households.usecases.adopting import adopt_cases
from services.households.usecases.following import follow_households
from services.households.usecases.list_layout import Laid
from services.households.usecases.list_telling import Telling, as_of
from services.households.usecases.list_work import stage_laid
from services.households.usecases.quality import mark_due
from services.households.usecases.regrouped_cases import look_at_joined, look_at_moved, look_at_returned
from services.households.usecases.telling import clock
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.outbox.emit import emit_rows
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def write_import(
    session: WriteSession, telling: Telling, who: Principal, row: RegisterImport, now: datetime
) -> None:
    """Write a locked import that is being applied. Raises `RegisterMovedOn` when it has to be compared anew."""
    await write.take_turn(session)
    if await write.count_staged(session, row.id) != row.staged:
        raise RegisterMovedOn  # the database crashed meanwhile, and what lay ready is gone
    await _write(session, telling, who, row, now)


@dataclass(slots=True)
class WritingAtOnce:
    """Inserts what is new part by part, while the next part is compared. `told`: how many people others heard of."""

    session: WriteSession
    now: datetime
    told: int = 0

    async def begin(self) -> None:
        """Wait for whatever else is written; ours is the turn until the commit."""
        await write.take_turn(self.session)

    async def take(self, laid: Laid) -> None:
        """Insert who is new and tell of them; what changes waits for the end. Raises `RegisterMovedOn`."""
        copied = await stage_laid(self.session, laid)
        await insert_new(self.session, self.now, copied, laid.new)
        people, rows = as_of(await clock(self.session), self.now, (len(laid.new), laid.told))
        await emit_rows(self.session, rows)
        self.told += people

    async def end(self, telling: Telling, who: Principal, row: RegisterImport) -> None:
        """Write the rest of it, all of which was compared. Raises `RegisterMovedOn`."""
        await _write(self.session, telling, who, row, self.now, begun=True)


async def _write(
    session: WriteSession, telling: Telling, who: Principal, row: RegisterImport, now: datetime, *, begun: bool = False
) -> None:
    reason = row.removal_reason
    await write.hold(session, row.id, vanished=reason is not None)
    retold = await write.list_retold(session, row.id)
    await write.write_rows(session, row.id, now, begun=begun)
    if reason is not None:
        await write.remove_vanished(session, row.id, local_date(now), reason, now)
    await write.write_history(session, row.id, row.applied_by or who.id, now, reason)
    await follow_households(session, retold)
    await look_at_moved(session, who, retold, now)
    await look_at_joined(session, who, joined_by(row.id), now)
    adopted = await _adopt(session, telling.vault, who, row, now)
    claimed = await write.claim_staged(session, row.id, who.id, now)
    await _follow(session, who, row.id, reason, now)
    told = await telling.tell(session, retold, removed=reason is not None)
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


async def _adopt(session: WriteSession, vault: Vault, who: Principal, row: RegisterImport, now: datetime) -> int:
    """Take over cases; of people who return and whose risk was not gone here, no list says that it is."""
    records = [_record(one) for one in await write.list_cases(session, row.id)]
    monitored = [one for one in records if not one.eliminated]
    adopted = await adopt_cases(session, who, monitored, now) if monitored else 0
    returned = await look_at_returned(session, vault, who, entered_at(now), now)
    gone = [one for one in records if one.eliminated and one.household_id not in returned]
    return adopted + (await adopt_cases(session, who, gone, now) if gone else 0)


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
