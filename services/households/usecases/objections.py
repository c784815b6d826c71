"""Objections (异议) to a household on a notice, and their answers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.households.models import Objection
from services.households.queries import notices as find
from services.households.queries.monitoring import MonitoringRow, lock_case
from services.households.rules import objections as rules
from services.households.rules.monitoring.moving import Brought
from services.households.rules.notices import NoticeNotPosted
from services.households.rules.rounds import half_of
from services.households.usecases.moves import move_case
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

OBJECTION, REASON = "objection", "objection-reason"
"""Purposes under which who objected to what, and the reason of the answer, are sealed."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who objects (nobody need give a name) to what; both are stored sealed."""

    case_id: UUID
    by: str | None
    what: str
    received_on: date


async def receive_objection(
    session: WriteSession, vault: Vault, who: Principal, notice_id: UUID, told: Told, now: datetime
) -> Objection:
    """Keep an objection; until it is answered no gate lets the case pass."""
    case = (await lock_case(session, who.scope, told.case_id)).case
    notice = await find.lock_notice(session, who.scope, notice_id)
    entries = {entry.case_id: entry for entry in await find.list_entries(session, who.scope, [notice_id])}
    entry = entries.get(told.case_id)
    if entry is None:
        raise rules.NotOnNotice(field="case_id")
    if notice.started_on is None or notice.state == "withdrawn":
        raise NoticeNotPosted
    if entry.void_at is not None:
        raise rules.ObjectionTooLate
    rules.require_objectable(case.state)
    rules.require_day(told.received_on, notice.started_on, local_date(now))
    objection = Objection(
        id=new_id(),
        notice_id=notice_id,
        case_id=case.id,
        area_code=case.area_code,
        sealed=vault.seal_json({"by": told.by, "what": told.what}, OBJECTION),
        received_on=told.received_on,
        state="open",
        version=1,
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(objection)
    await session.flush()
    await audit.record(session, who, "objection:record", objection.id, area_code=case.area_code, case=case.id)
    return objection


async def answer_objection(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    objection_id: UUID,
    decision: Literal["upheld", "rejected"],
    reason: str,
    now: datetime,
) -> Objection:
    """Answer it. One that is upheld sends the case back to be looked at again; its place on the notice counts no more."""
    found = await find.get_objection(session, who.scope, objection_id)
    row = await lock_case(session, who.scope, found.case_id)
    objection = await find.lock_objection(session, who.scope, objection_id)
    if objection.state != "open":
        raise rules.ObjectionAnswered
    objection.state, objection.reason_sealed = decision, vault.seal(reason.encode(), REASON)
    objection.answered_on, objection.answered_by = local_date(now), who.id
    objection.version += 1
    if decision == "upheld":
        await _send_back(session, vault, who, row, reason, now)
    await session.flush()
    await audit.record(session, who, "objection:answer", objection.id, area_code=objection.area_code, decision=decision)
    return objection


async def _send_back(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: MonitoringRow,
    reason: str,
    now: datetime,
) -> None:
    """Once for a case, however many objections to it are upheld; from whatever sheet it stands on by now."""
    back = rules.BACK_TO.get(row.case.state)
    if back is None:
        return
    live = await find.find_live_entries(session, [row.case.id], half_of(row.case.state))
    for entry in live.values():
        entry.void_at = now
    await move_case(session, vault, who, row, back, Brought(note=reason), local_date(now), now)
