"""The desk of labour tasks: opened by whoever has something to ask, closed with an outcome.

A package that acts on the outcome of its tasks closes them with `close_task_of` in its own transaction, and names their
kind in `OWN_ROUTES` so that the plain route sends people to its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.jobs.models import LabourTask
from services.jobs.queries import tasks as find
from services.jobs.rules.refusals import OutcomeUnknown, TaskClosed, TaskHasItsOwnRoute
from services.jobs.rules.tasks import OUTCOMES, TaskDraft, TaskKind, TaskState
from services.jobs.usecases.sealing import TASK_NOTE, seal_text
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

OWN_ROUTES: Mapping[str, str] = {
    TaskKind.STAY_CHECK: "POST /jobs/v1/stay-checks/{subject_id}/answer",
    TaskKind.PHONE_CHECK: "POST /jobs/v1/sampled-rows/{subject_id}/answer",
}
"""By kind: the route that closes it, where the plain one must not."""
PART = 1000


async def open_tasks(session: WriteSession, drafts: Sequence[TaskDraft], now: datetime) -> int:
    """Open tasks; one that is open for the same row and kind stays as it is. How many were opened."""
    opened = 0
    for start in range(0, len(drafts), PART):
        rows = [_values(draft, now) for draft in drafts[start : start + PART]]
        query = insert(LabourTask).values(rows).on_conflict_do_nothing().returning(LabourTask.id)
        opened += len(list(await session.scalars(query)))
    return opened


async def close_by_hand(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    task_id: UUID,
    if_match: str | None,
    outcome: str,
    note: str | None,
    now: datetime,
) -> LabourTask:
    """Close a task that nothing else hangs on; `note` is stored sealed.

    Raises `TaskNotFound`, `Stale`, `TaskHasItsOwnRoute` where the row behind it would stay as it was, `TaskClosed`,
    `OutcomeUnknown`.
    """
    task = await find.lock_task(session, who.scope, task_id)
    expect_version(if_match, task.version)
    if route := OWN_ROUTES.get(task.kind):
        raise TaskHasItsOwnRoute(route=route)
    if task.state != TaskState.OPEN:
        raise TaskClosed
    if outcome not in OUTCOMES[task.kind]:
        raise OutcomeUnknown(field="outcome", expected=", ".join(sorted(OUTCOMES[task.kind])))
    task.note_sealed = seal_text(vault, note, TASK_NOTE)
    await _close(session, who, task, outcome, now)
    return task


async def close_task_of(
    session: WriteSession, who: Principal, kind: TaskKind, subject_id: UUID, outcome: str, now: datetime
) -> None:
    """What the open task on that row asked is answered, by a route of the row's own."""
    if task := await find.lock_open_of(session, kind, subject_id):
        await _close(session, who, task, outcome, now)


async def cancel_task_of(session: WriteSession, kind: TaskKind, subject_id: UUID, by: UUID, now: datetime) -> None:
    """What the open task on that row asked is no question any more."""
    if task := await find.lock_open_of(session, kind, subject_id):
        _end(task, TaskState.CANCELLED, by, now)
        await session.flush()


async def _close(session: WriteSession, who: Principal, task: LabourTask, outcome: str, now: datetime) -> None:
    _end(task, TaskState.DONE, who.id, now)
    task.outcome = outcome
    await audit.record(session, who, "labour-task:close", task.id, area_code=task.area_code, outcome=outcome)
    await session.flush()


def _end(task: LabourTask, state: TaskState, by: UUID, now: datetime) -> None:
    task.state = state
    task.closed_at = now
    task.closed_by = by
    task.version += 1


def _values(draft: TaskDraft, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "kind": draft.kind,
        "area_code": draft.area_code,
        "person_id": draft.person_id,
        "subject_id": draft.subject_id,
        "due_on": draft.due_on,
        "state": TaskState.OPEN.value,
        "policy_id": draft.policy_id,
        "opened_at": now,
        "version": 1,
    }
