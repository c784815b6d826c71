"""Public notices (公示): drafted for cases of one village, put up, taken down; each end with its proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.households.models import Household, Member, MonitoringCase, NoticeEntry, PublicNotice
from services.households.queries import notices as find
from services.households.queries.monitoring import find_entered, lock_case
from services.households.rules import notices as rules
from services.households.rules.months import add_months
from services.households.rules.notices import STATE_OF, Line, NoticeKind
from services.households.usecases.gates import CLOCKS, load_terms
from services.households.usecases.notice_text import write_sheet
from shared import areas
from shared.areas import AreaCode
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.masking import mask_name
from shared.messages import Catalogue
from shared.projections.areas import find_names
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

TEXT, PROOF = "notice-text", "notice-proof"
"""Purposes under which the sheet, and who put it up where, are sealed."""
_CHILD = 14
"""Below that age every datum of a person is sensitive (PIPL Art. 28): the head is named by surname."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One end of a notice: on which day, where, by whom (sealed), and the photo's SHA-256, if there is one."""

    on: date
    place: str | None
    by: str
    photo: str | None


async def draft_notice(
    session: WriteSession,
    vault: Vault,
    texts: Catalogue,
    who: Principal,
    kind: NoticeKind,
    case_ids: Sequence[UUID],
    now: datetime,
) -> PublicNotice:
    """Write the sheet for cases that have come to be published, all of one village, each on one sheet only."""
    cases = [(await lock_case(session, who.scope, case_id)).case for case_id in sorted(set(case_ids))]
    village = AreaCode(cases[0].area_code)
    for case in cases:
        if case.state != STATE_OF[kind] or case.monitoring_class is None:
            raise rules.CaseNotReady(field="case_ids")
        if case.area_code != village:
            raise rules.CaseElsewhere(field="case_ids")
    await _clear(session, who, cases, kind, now)
    in_force = await load_terms(session, village, local_date(now))
    terms = in_force.terms
    lines = await _lines(session, who, cases, local_date(now))
    above = areas.parent(village) or village
    names = await find_names(session, {village, above})
    sheet = write_sheet(
        texts,
        kind,
        lines,
        village=names.get(village, village),
        township=names.get(above, above),
        days=terms.notice_days,
    )
    notice = PublicNotice(
        id=new_id(),
        area_code=village,
        kind=kind,
        state="drafted",
        text_sealed=vault.seal_json(sheet.record(), TEXT),
        min_days=terms.notice_days,
        lapse_days=terms.lapse_days,
        tell_days=terms.gate.notice_tell_days,
        policy_id=in_force.policy_ids[CLOCKS],
        terms_policy_id=in_force.policy_ids["gate-terms"],
        version=1,
        drafted_by=who.id,
        drafted_at=now,
        updated_by=who.id,
    )
    session.add(notice)
    await session.flush()
    session.add_all(_entry(notice, case, now) for case in cases)
    await session.flush()
    await _record(session, who, notice, "drafted")
    return notice


async def post_notice(
    session: WriteSession, vault: Vault, who: Principal, notice: PublicNotice, proof: Proof, now: datetime
) -> None:
    """A locked notice was put up. A day that lies too far back is not believed."""
    if notice.state != "drafted":
        raise rules.NoticeNotDrafted
    rules.require_told_in_time(proof.on, local_date(now), notice.tell_days, "started_on")
    if proof.on < local_date(notice.drafted_at):
        raise rules.NoticeToldLate(field="started_on", days=notice.tell_days)
    notice.state, notice.started_on = "posted", proof.on
    notice.started_photo, notice.started_at = proof.photo, now
    notice.proof_sealed = vault.seal_json({"place": proof.place, "put_up_by": proof.by}, PROOF)
    await _change(session, who, notice, "posted")


async def end_notice(
    session: WriteSession, vault: Vault, who: Principal, notice: PublicNotice, proof: Proof, now: datetime
) -> None:
    """A locked notice was taken down, after its days."""
    today = local_date(now)
    if notice.state != "posted" or notice.started_on is None:
        raise rules.NoticeNotPosted
    rules.require_told_in_time(proof.on, today, notice.tell_days, "ended_on")
    if rules.state_on(notice.state, notice.started_on, notice.lapse_days, today) == "expired":
        raise rules.NoticeExpired(days=notice.lapse_days)
    rules.require_run(notice.started_on, proof.on, notice.min_days)
    notice.state, notice.ended_on = "ended", proof.on
    notice.ended_photo, notice.ended_at = proof.photo, now
    before = vault.open_json(notice.proof_sealed, PROOF) if notice.proof_sealed else {}
    notice.proof_sealed = vault.seal_json({**before, "taken_down_by": proof.by}, PROOF)
    await _change(session, who, notice, "ended")


async def withdraw_notice(session: WriteSession, who: Principal, notice: PublicNotice, now: datetime) -> None:
    """A locked notice that has not ended is taken back: it counts for nobody, and another may be drafted."""
    if notice.state not in ("drafted", "posted"):
        raise rules.NoticeNotPosted
    notice.state = "withdrawn"
    await find.void_entries(session, notice.id, now)
    await _change(session, who, notice, "withdrawn")


async def _clear(
    session: WriteSession, who: Principal, cases: Sequence[MonitoringCase], kind: NoticeKind, now: datetime
) -> None:
    """Void what stands from before the case came here this time, or on a sheet that expired; a sheet of that kind that
    was never put up is taken back, for it names who was sent back. Raise `AlreadyPublished` for what still counts."""
    live = await find.find_live_entries(session, [case.id for case in cases], kind)
    came = await find_entered(session, live, STATE_OF[kind])
    for case in cases:
        entry = live.get(case.id)
        if entry is None:
            continue
        notice = await find.lock_notice(session, who.scope, entry.notice_id)
        state = rules.state_on(notice.state, notice.started_on, notice.lapse_days, local_date(now))
        came_at = came.get(case.id)
        here = entry.round == case.round and (came_at is None or entry.added_at >= came_at)
        if here and state != "expired":
            raise rules.AlreadyPublished(field="case_ids")
        if state == "drafted":
            await withdraw_notice(session, who, notice, now)
        else:
            entry.void_at = now
    await session.flush()


async def _lines(session: WriteSession, who: Principal, cases: Sequence[MonitoringCase], on: date) -> list[Line]:
    named = await find.find_named(session, who.scope, {case.household_id for case in cases})
    return [_line(case, named, on) for case in cases]


def _line(case: MonitoringCase, named: Mapping[UUID, tuple[Household, Member | None]], on: date) -> Line:
    household, head = named[case.household_id]
    if head is None:
        raise rules.HeadMissing(field="case_ids")
    child = head.birth_on > add_months(on, -12 * _CHILD)
    name = mask_name(head.name) if child else head.name
    assert case.monitoring_class is not None
    return Line(name, household.natural_village, case.monitoring_class)


def _entry(notice: PublicNotice, case: MonitoringCase, now: datetime) -> NoticeEntry:
    return NoticeEntry(
        notice_id=notice.id,
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        kind=notice.kind,
        added_at=now,
    )


async def _change(session: WriteSession, who: Principal, notice: PublicNotice, did: str) -> None:
    notice.version += 1
    notice.updated_by = who.id
    await session.flush()
    await _record(session, who, notice, did)


async def _record(session: WriteSession, who: Principal, notice: PublicNotice, did: str) -> None:
    detail: dict[str, Any] = {"did": did, "kind": notice.kind}
    await audit.record(session, who, "notice:write", notice.id, area_code=notice.area_code, **detail)
