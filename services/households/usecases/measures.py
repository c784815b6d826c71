"""Measures (帮扶措施): planned for a risk, owed by a bureau, delivered with a proof, or not."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.households.models import Measure, MonitoringCase
from services.households.queries import measures as find
from services.households.queries.monitoring import get_case, lock_case
from services.households.queries.work import find_household_of
from services.households.rules import measures as rules
from services.households.rules.register import NotOfHousehold
from services.households.usecases.consequences import follow_up
from services.households.usecases.work import ask_for_measure
from shared.clock import local_date
from shared.contracts.gate_policies import MeasureFit
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CONTENT, PROOF, REASON = "measure-content", "measure-proof", "measure-reason"
"""Purposes under which the texts are sealed."""
HAND = "hand"
"""Source of a measure that somebody entered here; one that comes by event names its service."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A measure as somebody plans it. `content` says what and for whom: it is stored sealed. `amount` in yuan.

    `member_id`: for one of the household, where it is for one.
    """

    risk: str
    kind: str
    sub_kind: str | None
    tag: str
    bureau: str
    content: str
    amount: Decimal | None
    quota: int | None
    planned_on: date
    due_on: date
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was delivered when, and how one knows (sealed); amount and quota as they really were, if they differ."""

    on: date
    proof: str
    amount: Decimal | None
    quota: int | None


async def plan_measure(
    session: WriteSession, vault: Vault, who: Principal, case_id: UUID, told: Planned, now: datetime
) -> Measure:
    """Enter a measure of a case. One that does not fit its risk is taken, and marked: a gate will not count it."""
    case = (await lock_case(session, who.scope, case_id)).case
    rules.require_helpable(case.state, fast_lane=case.fast_lane)
    rules.require_fitting_codes(told.risk, case.risks, told.kind, told.sub_kind)
    rules.require_plan_days(local_date(case.opened_at), told.planned_on, told.due_on, local_date(now))
    if told.member_id is not None and await find_household_of(session, told.member_id) != case.household_id:
        raise NotOfHousehold(field="member_id")
    fit, policy_id = await policies.in_force(session, "measure-fit", case.area_code, told.planned_on, MeasureFit)
    measure = Measure(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        risk=told.risk,
        kind=told.kind,
        sub_kind=told.sub_kind,
        tag=told.tag,
        bureau=told.bureau,
        member_id=told.member_id,
        content_sealed=vault.seal(told.content.encode(), CONTENT),
        amount=told.amount,
        quota=told.quota,
        planned_on=told.planned_on,
        due_on=told.due_on,
        state="planned",
        policy_id=policy_id,
        fits=fit.fitting(told.risk, told.kind, told.sub_kind),
        source=HAND,
        version=1,
        recorded_by=who.id,
        recorded_at=now,
        updated_by=who.id,
        updated_at=now,
    )
    session.add(measure)
    await session.flush()
    await _record(session, who, measure, "planned")
    await ask_for_measure(session, case, measure, now)
    await follow_up(session, vault, who, [case.household_id], now, income=False)
    return measure


async def deliver_measure(
    session: WriteSession, vault: Vault, who: Principal, measure: Measure, told: Delivered, now: datetime
) -> None:
    """A locked measure was delivered, and here is the proof."""
    case = await _active_case(session, who, measure)
    rules.require_planned(measure.state)
    rules.require_delivery_day(measure.planned_on, told.on, local_date(now))
    measure.state, measure.delivered_on = "delivered", told.on
    measure.proof_sealed = vault.seal(told.proof.encode(), PROOF)
    if told.amount is not None:
        measure.amount = told.amount
    if told.quota is not None:
        measure.quota = told.quota
    await _change(session, vault, who, case, measure, "delivered", now)


async def fail_measure(
    session: WriteSession, vault: Vault, who: Principal, measure: Measure, reason: str, now: datetime
) -> None:
    """A locked measure that was planned does not come."""
    case = await _active_case(session, who, measure)
    rules.require_planned(measure.state)
    measure.state, measure.reason_sealed = "failed", vault.seal(reason.encode(), REASON)
    await _change(session, vault, who, case, measure, "failed", now)
    await ask_for_measure(session, case, measure, now, withdrawn=True)


async def withdraw_measure(
    session: WriteSession, vault: Vault, who: Principal, measure: Measure, reason: str, now: datetime
) -> None:
    """A locked measure was entered by mistake, delivered or not: no gate counts it any more."""
    case = await _active_case(session, who, measure)
    rules.require_standing(measure.state)
    measure.state, measure.reason_sealed = "withdrawn", vault.seal(reason.encode(), REASON)
    await _change(session, vault, who, case, measure, "withdrawn", now)
    await ask_for_measure(session, case, measure, now, withdrawn=True)


async def lock_with_case(session: WriteSession, who: Principal, measure_id: UUID) -> Measure:
    """A measure that nobody else changes until commit; its case is locked first, as whoever moves it does."""
    measure = await find.get_measure(session, who.scope, measure_id)
    await lock_case(session, who.scope, measure.case_id)
    return await find.lock_measure(session, who.scope, measure_id)


async def _active_case(session: WriteSession, who: Principal, measure: Measure) -> MonitoringCase:
    case = (await get_case(session, who.scope, measure.case_id)).case
    rules.require_helpable(case.state, fast_lane=case.fast_lane)
    return case


async def _change(
    session: WriteSession, vault: Vault, who: Principal, case: MonitoringCase, measure: Measure, did: str, now: datetime
) -> None:
    measure.version += 1
    measure.updated_by, measure.updated_at = who.id, now
    await session.flush()
    await _record(session, who, measure, did)
    await follow_up(session, vault, who, [case.household_id], now, income=False)


async def _record(session: WriteSession, who: Principal, measure: Measure, did: str) -> None:
    await audit.record(
        session,
        who,
        "measure:write",
        measure.id,
        area_code=measure.area_code,
        did=did,
        kind=measure.kind,
        risk=measure.risk,
    )
