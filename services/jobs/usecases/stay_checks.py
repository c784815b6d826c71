"""Calls after an arrival (在岗回访): opened when they are due, answered by phone, and what an answer changes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.jobs.models import Placement, StayCheck
from services.jobs.queries import placements as find
from services.jobs.queries.placements import PlacementRow
from services.jobs.rules.placement_refusals import StayCheckAnswered
from services.jobs.rules.placement_stay import Call, Outcome, ends, next_call, require_day
from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases.arrivals import leave
from services.jobs.usecases.placement_clocks import KIND, get_clocks
from services.jobs.usecases.placement_history import NOTE, Step
from services.jobs.usecases.placement_ledger import write_stay
from services.jobs.usecases.sealing import seal_text
from services.jobs.usecases.tasks import close_task_of, open_tasks
from shared.clock import local_date
from shared.contracts.jobs_placement_policies import PlacementClocks
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.projections.policies import load_in_force
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

BATCH = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said on the phone, of the day `on`. `wage`: yuan a month; `note` is sealed."""

    outcome: Outcome
    on: date
    wage: Decimal | None = None
    note: str | None = None


async def open_due_calls(session: WriteSession, now: datetime) -> int:
    """Put the calls that are due on the desks of the villages, one batch; how many placements were looked at.

    Where no `placement-clocks` is in force, the call waits until tomorrow.
    """
    today = local_date(now)
    due = await find.lock_calls_due(session, today, BATCH)
    in_force = await load_in_force(session, KIND, today, PlacementClocks)
    drafts = []
    for placement in due:
        clocks, policy_id = in_force.find(placement.area_code)
        if clocks is None or policy_id is None:
            placement.call_on = today + timedelta(days=1)
            continue
        check = _open(placement, today + timedelta(days=clocks.stay.answer_days), policy_id, now)
        session.add(check)
        about = (placement.area_code, check.id, check.due_on, placement.person_id, policy_id)
        drafts.append(TaskDraft(TaskKind.STAY_CHECK, *about))
    await session.flush()
    await open_tasks(session, drafts, now)
    return len(due)


async def answer_call(
    session: WriteSession, vault: Vault, who: Principal, row: PlacementRow, check_id: UUID, told: Answer, now: datetime
) -> StayCheck:
    """Say of a locked placement's call what was heard, late or not.

    Still there: the next mark. Elsewhere or at home: the placement has ended. Not reached: the call comes again by the
    policy. Raises `StayCheckNotFound`, `StayCheckAnswered`, `StayCheckDay`.
    """
    placement, today = row.placement, local_date(now)
    check = await find.get_check(session, placement.id, check_id)
    if check.state != "waiting" or placement.arrived_on is None:
        raise StayCheckAnswered
    require_day(told.on, max(placement.arrived_on, placement.state_since), today)
    clocks = await get_clocks(session, placement.area_code, today)
    check.state, check.outcome, check.seen_on, check.wage = "answered", told.outcome, told.on, told.wage
    check.answered_by, check.answered_at = who.id, now
    check.note_sealed = seal_text(vault, told.note, NOTE)
    await close_task_of(session, who, TaskKind.STAY_CHECK, check.id, told.outcome, now)
    following = next_call(
        Call(check.mark, check.due_on, check.attempt), told.outcome, placement.arrived_on, today, clocks.body.stay
    )
    if following is None or following.mark != check.mark:
        setattr(placement, f"stay_{check.mark}", told.outcome)
    if told.wage is not None:
        placement.wage = told.wage
    await session.flush()
    if reason := ends(told.outcome):
        step = Step("stay_check", told.on, who.id, now, reason, check.id, told.note, clocks.policy_id)
        await leave(session, vault, who, row, clocks, step)
    else:
        _plan(placement, following)
        placement.version += 1
        placement.updated_at = now
        if told.outcome != "not_reached":
            await write_stay(session, vault, who, placement, told.wage, clocks, now)
    await audit.record(
        session,
        who,
        "placement:answer-call",
        placement.id,
        area_code=placement.area_code,
        mark=check.mark,
        outcome=told.outcome,
    )
    await session.flush()
    return check


def _plan(placement: Placement, call: Call | None) -> None:
    placement.call_mark = call.mark if call else None
    placement.call_on = call.on if call else None
    placement.call_attempt = call.attempt if call else None


def _open(placement: Placement, due_on: date, policy_id: UUID, now: datetime) -> StayCheck:
    check = StayCheck(
        id=new_id(),
        placement_id=placement.id,
        area_code=placement.area_code,
        mark=placement.call_mark,
        attempt=placement.call_attempt,
        due_on=due_on,
        state="waiting",
        policy_id=policy_id,
        opened_at=now,
    )
    _plan(placement, None)
    return check
