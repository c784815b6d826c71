"""Work for a household: asked for by a measure or a check, found by the jobs service, delivered when somebody arrives."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.households.models import Measure, MonitoringCase, RiskCase
from services.households.queries import work as find
from services.households.queries.measures import lock_measure
from services.households.queries.monitoring import find_active, lock_case
from services.households.rules import work as rules
from services.households.usecases.grading import regrade_by_lane
from services.households.usecases.quality import mark_due
from shared.areas import Scope
from shared.contracts.labour import WorkNeeded
from shared.db.engine import WriteSession
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM

SOURCE = "jobs"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody arrived at work, or completed a course (`training`). `need_ref`: of the need that asked for it."""

    id: UUID
    person_key: str
    need_ref: str | None
    on: date
    training: bool


async def ask_for_measure(
    session: WriteSession, case: MonitoringCase, measure: Measure, now: datetime, *, withdrawn: bool = False
) -> None:
    """A measure that asks for work was planned, or comes no more: the jobs service hears of it."""
    if not rules.asks_for_work(measure.kind, measure.sub_kind):
        return
    person_key = await find.find_person_key(session, measure.member_id) if measure.member_id else None
    event = WorkNeeded(
        source_ref=rules.measure_ref(measure.id),
        household_id=case.household_id,
        person_key=person_key,
        area_code=case.area_code,
        cause="measure",
        services=rules.services_of(measure.sub_kind),
        withdrawn=withdrawn,
        asked_at=now,
    )
    await emit(session, event)


async def ask_for_check(session: WriteSession, check: RiskCase, now: datetime) -> None:
    """A check of the family employment confirmed that somebody has no work."""
    if check.risk_family != rules.FAMILY or check.household_id is None or check.area_alert_id is not None:
        return
    event = WorkNeeded(
        source_ref=rules.check_ref(check.id),
        household_id=check.household_id,
        person_key=await find.find_person_of_check(session, check.id),
        area_code=check.area_code,
        cause="check",
        services=rules.services_of(None),
        asked_at=now,
    )
    await emit(session, event)


async def take_arrival(session: WriteSession, arrival: Arrival, now: datetime) -> None:
    """Deliver the measure that had asked for it, if the household's case has one. Nothing else moves: people do that."""
    worker = await find.find_worker(session, arrival.person_key)
    if worker is None:
        return
    active = await find_active(session, worker.household_id)
    if active is None:
        return
    case = (await lock_case(session, Scope.everywhere(), active.id)).case
    planned = await find.list_asking(session, case.id, case.round)
    asked = rules.delivered_by(planned, arrival.need_ref, worker.member_id, arrival.on, training=arrival.training)
    if asked is None:
        return
    measure = await lock_measure(session, Scope.everywhere(), asked.id)
    measure.state, measure.delivered_on = "delivered", arrival.on
    measure.member_id, measure.source_ref = worker.member_id, f"{SOURCE}:{arrival.id}"
    measure.version += 1
    measure.updated_by, measure.updated_at = SYSTEM.id, now
    await session.flush()
    await audit.record(
        session, SYSTEM, "measure:write", measure.id, area_code=measure.area_code, did="delivered", source=SOURCE
    )
    await mark_due(session, SYSTEM, [case.area_code], now)
    await regrade_by_lane(session, [case.household_id], now)
