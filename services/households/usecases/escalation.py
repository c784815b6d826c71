"""The sweep over tasks past their deadline. Safe with several processes: each takes rows the others have not locked.

Told in the bulk lane: the tasks of one large file fall due in one moment, and nobody waits to hear of it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from services.households import events
from services.households.models import RiskCase, Task
from services.households.queries.task_states import is_active
from services.households.rules.desks import at_level
from services.households.rules.escalation import Waiting, raise_to
from services.households.usecases.tasks import note
from shared.areas import AreaCode
from shared.clock import local_date
from shared.contracts.households import Level, TaskOverdue
from shared.contracts.policies import TaskEscalation
from shared.db.engine import WriteSession
from shared.lanes import Lane
from shared.outbox import emit
from shared.projections.policies import load_in_force
from shared.security.principals import SYSTEM

BATCH = 500


async def mark_overdue(session: WriteSession, now: datetime) -> int:
    """Mark up to `BATCH` tasks whose deadline has passed, once each; returns how many."""
    rows = await _lock(session, Task.overdue_at.is_(None), Task.due_at <= now)
    for task, _ in rows:
        task.overdue_at = now
        task.version += 1
        note(session, task, "overdue", SYSTEM.id, now)
    await emit(session, *(_overdue(task, case, now) for task, case in rows), lane=Lane.BULK)
    return len(rows)


async def escalate(session: WriteSession, now: datetime) -> int:
    """Raise up to `BATCH` overdue tasks by one level where the policy in force says so; returns how many.

    A task raised at `now` is not looked at again in the same sweep.
    """
    due = await _find_due(session, now)
    rows = await _lock(session, Task.id.in_(due), _not_raised_at(now))
    told = []
    for task, case in rows:
        from_level = task.raised_to or task.level
        to_level, policy_id = due[task.id]
        task.raised_to, task.escalated_at = to_level, now
        task.version += 1
        area_code = at_level(AreaCode(task.area_code), to_level)
        note(session, task, "escalated", SYSTEM.id, now, {"from": from_level, "to": to_level, "policy_id": policy_id})
        told.append(events.task_escalated(task, case.subject_key, from_level, area_code, now))
    await emit(session, *told, lane=Lane.BULK)
    return len(rows)


async def _find_due(session: WriteSession, now: datetime) -> dict[UUID, tuple[Level, UUID]]:
    """Overdue tasks that are to move up, with the level they move to and the policy version that says so.

    Looked through whole and unlocked: they are few, and a changed policy counts from the next sweep on. Where no
    policy is in force nothing moves, and the others are not held up.
    """
    query = select(Task.id, Task.level, Task.raised_to, Task.due_at, Task.area_code).where(
        is_active(), Task.overdue_at.is_not(None), _not_raised_at(now), Task.level != "county"
    )
    in_force = await load_in_force(session, "task-escalation", local_date(now), TaskEscalation)
    due: dict[UUID, tuple[Level, UUID]] = {}
    for task_id, level, raised_to, due_at, area_code in await session.execute(query.order_by(Task.due_at)):
        policy, policy_id = in_force.find(area_code)
        if policy is None or policy_id is None:
            continue
        upper = raise_to(Waiting(level, raised_to, due_at), policy, now)
        if upper is not None:
            due[task_id] = upper, policy_id
        if len(due) == BATCH:
            break
    return due


async def _lock(session: WriteSession, *conditions: ColumnElement[bool]) -> Sequence[tuple[Task, RiskCase]]:
    query = (
        select(Task, RiskCase)
        .join(RiskCase, RiskCase.id == Task.case_id)
        .where(is_active(), *conditions)
        .order_by(Task.due_at, Task.id)
        .limit(BATCH)
        .with_for_update(of=Task, skip_locked=True)
    )
    return [(task, case) for task, case in await session.execute(query)]


def _not_raised_at(now: datetime) -> ColumnElement[bool]:
    return or_(Task.escalated_at.is_(None), Task.escalated_at < now)


def _overdue(task: Task, case: RiskCase, now: datetime) -> TaskOverdue:
    return TaskOverdue(
        task_id=task.id,
        case_id=case.id,
        subject_key=case.subject_key,
        level=task.level,
        area_code=task.area_code,
        due_at=task.due_at,
        overdue_at=now,
    )
