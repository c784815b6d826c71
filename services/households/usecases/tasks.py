"""What people do with tasks: take them, hand them on, drop them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households import events
from services.households.models import RiskCase, Task, TaskEvent
from services.households.queries.alert_history import list_alerts
from services.households.queries.tasks import TaskRow, lock_task
from services.households.rules import desks, tasks
from services.households.rules.desks import Desk
from services.households.usecases.areas import require_area
from services.households.usecases.grading import regrade
from shared.areas import AreaCode
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.projections import accounts
from shared.security import audit
from shared.security.principals import Principal


async def accept_task(session: WriteSession, who: Principal, task_id: UUID, now: datetime) -> TaskRow:
    """Take the task in hand. To take it twice changes nothing."""
    row = await lock_task(session, who.scope, task_id)
    task = row.task
    tasks.require_active(task.state)
    tasks.require_free(task.assignee_id, who.id)
    if task.state == "accepted":
        return row
    task.state, task.assignee_id, task.accepted_at = "accepted", who.id, now
    task.version += 1
    note(session, task, "accepted", who.id, now)
    await emit(session, events.task_assigned(task, row.case, now))
    return row


async def assign_to_area(
    session: WriteSession, who: Principal, task_id: UUID, area_code: AreaCode, now: datetime
) -> TaskRow:
    """Move the task to the desk of an area within the asker's own."""
    row = await lock_task(session, who.scope, task_id)
    await require_area(session, who, area_code)
    await _move(session, who, row, desks.desk_of(area_code), None, now)
    return row


async def assign_to_account(
    session: WriteSession, who: Principal, task_id: UUID, account_id: UUID, now: datetime
) -> TaskRow:
    """Put the task into somebody's hands, and with it on their desk."""
    row = await lock_task(session, who.scope, task_id)
    account = await accounts.find_active(session, account_id)
    if account is None:
        raise tasks.AccountUnknown(field="account_id")
    desk = desks.desk_of_account(account.role, account.scope, AreaCode(row.case.area_code), known=row.placed)
    who.require_area(desk.area_code)
    await _move(session, who, row, desk, account_id, now)
    return row


async def _move(
    session: WriteSession, who: Principal, row: TaskRow, desk: Desk, assignee_id: UUID | None, now: datetime
) -> None:
    task, case = row.task, row.case
    tasks.require_active(task.state)
    desks.require_holds(desk, AreaCode(case.area_code), known=row.placed)
    came_from = {"level": task.level, "area_code": task.area_code, "assignee_id": task.assignee_id}
    if not row.placed:
        case.area_code = desk.area_code  # who looks for an unknown person must see what is known
    task.level, task.area_code, task.assignee_id = desk.level, desk.area_code, assignee_id
    task.state, task.accepted_at = "open", None
    task.version += 1
    goes_to = {"level": desk.level, "area_code": desk.area_code, "assignee_id": assignee_id}
    note(session, task, "assigned", who.id, now, {"from": came_from, "to": goes_to})
    await audit.record(session, who, "task:assign", task.id, area_code=desk.area_code)
    await emit(session, events.task_assigned(task, case, now))


async def cancel_task(session: WriteSession, who: Principal, task_id: UUID, reason: str, now: datetime) -> TaskRow:
    """Close the task and its case without a verdict. `reason` is a code."""
    row = await lock_task(session, who.scope, task_id)
    tasks.require_check(row.task.dropout_case_id)
    tasks.require_active(row.task.state)
    await close_without_verdict(session, row.task, row.case, who.id, reason, now)
    await audit.record(session, who, "task:cancel", task_id, area_code=row.task.area_code, reason=reason)
    await regrade(session, [row.case.household_id] if row.case.household_id else [], now, by=who.id)
    return row


async def close_without_verdict(
    session: WriteSession, task: Task, case: RiskCase, by: UUID, reason: str, now: datetime
) -> None:
    """Cancel an active task and close its case; `reason` goes into the history."""
    task.state, task.closed_at = "cancelled", now
    task.version += 1
    case.state, case.closed_at = "closed", now
    note(session, task, "cancelled", by, now, {"reason": reason})
    closed = events.task_closed(task.id, case.id, case.subject_key, "cancelled", due_at=task.due_at, now=now)
    if case.area_alert_id is not None:  # what those alerts wait for no more
        await session.flush()
        told = {"area_code": case.area_code, "alert_ids": await list_alerts(session, case.id)}
        closed = closed.model_copy(update=told)
    await emit(session, closed)


def note(
    session: WriteSession, task: Task, what: str, by: UUID, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Add a line to the task's history; `detail` holds codes and ids only."""
    # default=str: asyncpg reads a UUID as a subclass of its own, which orjson does not know.
    plain = orjson.loads(orjson.dumps(detail, default=str)) if detail else None  # ids as text
    session.add(TaskEvent(id=new_id(), task_id=task.id, at=now, what=what, by=by, detail=plain))
