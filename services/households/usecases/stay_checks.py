"""Checks whether a child who came back stays at school (返校稳定核查): each is a task on the village's desk.

One after the other: the next is planned when the former one was answered. Its task hangs on a case of its own kind of
risk, with no alert behind it; so lists, overdue marks and escalation work on it, and no bureau hears of it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.households import events
from services.households.models import DropoutCase, RiskCase, StayCheck, Task
from services.households.queries import dropouts as find
from services.households.queries.dropouts import DropoutRow
from services.households.rules.desks import desk_of
from services.households.rules.schooling import stay
from services.households.rules.schooling.refusals import StayCheckAnswered
from services.households.rules.schooling.states import require_move
from services.households.usecases.dropout_states import NOTE, Step, settle, write_move
from services.households.usecases.grading import regrade
from services.households.usecases.schooling_rules import SchoolingRules, get_rules
from services.households.usecases.tasks import close_without_verdict, note
from shared.areas import AreaCode
from shared.clock import end_of_day, local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

DROPPED = "stay-check-dropped"
"""Reason in the task's history."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody found at school. `reason` of an absence is a code; `note` is stored sealed."""

    present: bool
    on: date
    reason: str | None = None
    note: str | None = None


async def plan_next(
    session: WriteSession,
    by: UUID,
    case: DropoutCase,
    rules: SchoolingRules,
    done: int,
    seen_on: date | None,
    now: datetime,
) -> StayCheck | None:
    """Put the check after `done` of them on the village's desk; None when all have held."""
    assert case.returned_on is not None
    planned = stay.next_check(case.returned_on, done, seen_on, rules.body.stay, rules.calendar)
    if planned is None:
        return None
    desk = desk_of(AreaCode(case.area_code))
    check = RiskCase(
        id=new_id(),
        household_id=case.household_id,
        subject_key=str(case.household_id),
        risk_family=stay.FAMILY,
        area_code=case.area_code,
        state="open",
        opened_at=now,
        last_evidence_at=now,
    )
    task = Task(
        id=new_id(),
        case_id=check.id,
        household_id=case.household_id,
        level=desk.level,
        area_code=desk.area_code,
        state="open",
        due_at=end_of_day(planned.last),
        policy_id=rules.policy_id,
        created_at=now,
        version=1,
        dropout_case_id=case.id,
    )
    entry = StayCheck(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        task_id=task.id,
        round=case.round,
        days=planned.days,
        planned_on=planned.on,
        state="waiting",
        policy_id=rules.policy_id,
    )
    session.add(check)
    await session.flush()
    session.add(task)
    await session.flush()
    session.add(entry)
    note(session, task, "stay-planned", by, now, {"dropout_case_id": case.id, "days": planned.days})
    await session.flush()
    return entry


async def drop_waiting(session: WriteSession, by: UUID, case: DropoutCase, now: datetime) -> None:
    """The check that waits, if any, has lost its sense: its task is cancelled."""
    waiting = await session.scalars(select(StayCheck).where(StayCheck.case_id == case.id, StayCheck.state == "waiting"))
    for one in waiting.all():
        one.state = "dropped"
        task, check = await _lock_task(session, one.task_id)
        if task.state in ("open", "accepted"):
            await close_without_verdict(session, task, check, by, DROPPED, now)


async def answer_check(
    session: WriteSession, vault: Vault, who: Principal, row: DropoutRow, check_id: UUID, seen: Seen, now: datetime
) -> StayCheck:
    """Say of a locked case's check whether the child was at school, late or not.

    Absent: the child has dropped out once more, at once. Present: the next check, or after the last one the case is
    over. Raises `StayCheckAnswered`, `StayCheckTooEarly`, `StayCheckDay`.
    """
    case = row.case
    check = await find.get_stay_check(session, who.scope, case.id, check_id)
    if check.state != "waiting" or case.returned_on is None:
        raise StayCheckAnswered
    stay.require_seen(
        seen.on,
        present=seen.present,
        planned_on=check.planned_on,
        returned_on=case.returned_on,
        today=local_date(now),
    )
    check.state, check.seen_on, check.reason = "present" if seen.present else "absent", seen.on, seen.reason
    check.answered_by, check.answered_at = who.id, now
    check.note_sealed = vault.seal(seen.note.encode(), NOTE) if seen.note else None
    await _finish_task(session, who, check, now)
    rules = await get_rules(session, case.area_code, local_date(now))
    case.version += 1
    case.updated_at = now
    step = Step("check", seen.on, who.id, now, check.id, policy_id=rules.policy_id)
    if not seen.present:
        require_move(case.state, "again_absent", "check")
        write_move(session, vault, case, case.state, "again_absent", step)
    elif await plan_after(session, who, case, rules, check.days, check.seen_on, now) is None:
        require_move(case.state, "stable", "check")
        write_move(session, vault, case, case.state, "stable", step)
    await settle(session, vault, who, case, row.member, row.household, now)
    await audit.record(
        session, who, "dropout:answer-check", case.id, area_code=case.area_code, days=check.days, found=check.state
    )
    await regrade(session, [case.household_id], now, by=who.id)
    return check


async def plan_after(
    session: WriteSession,
    who: Principal,
    case: DropoutCase,
    rules: SchoolingRules,
    days: int,
    seen_on: date | None,
    now: datetime,
) -> StayCheck | None:
    """The check after the one of so many `days`, 0: the first. By the days, not by their count: the plan may have been
    published anew meanwhile."""
    done = sum(one <= days for one in rules.body.stay.days)
    return await plan_next(session, who.id, case, rules, done, seen_on, now)


async def _finish_task(session: WriteSession, who: Principal, check: StayCheck, now: datetime) -> None:
    task, risk_case = await _lock_task(session, check.task_id)
    if task.state not in ("open", "accepted"):
        raise StayCheckAnswered
    task.state, task.closed_at, task.assignee_id = "done", now, task.assignee_id or who.id
    task.version += 1
    risk_case.state, risk_case.closed_at = "closed", now
    note(session, task, "stay-answered", who.id, now, {"found": check.state})
    closed = events.task_closed(task.id, risk_case.id, risk_case.subject_key, "done", due_at=task.due_at, now=now)
    await emit(session, closed)


async def _lock_task(session: WriteSession, task_id: UUID) -> tuple[Task, RiskCase]:
    query = (
        select(Task, RiskCase)
        .join(RiskCase, RiskCase.id == Task.case_id)
        .where(Task.id == task_id)
        .with_for_update(of=Task)
    )
    task, check = (await session.execute(query, execution_options={"populate_existing": True})).one()
    return task, check
