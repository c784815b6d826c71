"""Tasks, with what is needed to show them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select

from services.households.models import Evidence, Household, RiskCase, Task, TaskEvent, TaskState
from services.households.queries.checks import lock_subjects
from services.households.queries.task_states import in_state
from services.households.rules.desks import LEVELS
from services.households.rules.tasks import TaskNotFound
from shared.areas import Scope
from shared.contracts.alerts import Severity
from shared.contracts.households import Level
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with its case and, where known, its household."""

    task: Task
    case: RiskCase
    household: Household | None

    @property
    def placed(self) -> bool:
        """Whether it is settled where the case belongs. One of an unknown person goes where its desk is."""
        return self.household is not None or self.case.area_alert_id is not None


@dataclass(frozen=True, slots=True)
class Mine:
    """The tasks of one account: those of its level's desks, those raised to it, those in its hands."""

    account_id: UUID
    level: Level | None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What a list of tasks shall hold; None does not filter."""

    states: Collection[TaskState]
    mine: Mine | None = None
    overdue: bool | None = None
    household_id: UUID | None = None
    feed: str | None = None
    severity: Severity | None = None
    due_by: datetime | None = None  # a deadline is the first moment that is too late


async def list_tasks(
    session: ReadSession, scope: Scope, wanted: TaskFilter, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[TaskRow]:
    """Tasks by deadline, the most urgent first."""
    query = in_order(_rows(scope).where(*_conditions(wanted)), Task.due_at, Task.id, after=after, limit=limit)
    return [TaskRow(*row) for row in await session.execute(query)]


async def get_task(session: ReadSession, scope: Scope, task_id: UUID) -> TaskRow:
    """One task; raises `TaskNotFound`."""
    row = (await session.execute(_rows(scope).where(Task.id == task_id))).one_or_none()
    return TaskRow(*existing(row, TaskNotFound))


async def lock_task(session: WriteSession, scope: Scope, task_id: UUID) -> TaskRow:
    """One task that nobody else changes until commit; raises `TaskNotFound`.

    The subject is locked first, as the consumers do: no alert can join the case while it is being closed.
    """
    rows = await lock_tasks(session, scope, [task_id])
    if task_id not in rows:
        raise TaskNotFound
    return rows[task_id]


async def lock_tasks(session: WriteSession, scope: Scope, task_ids: Collection[UUID]) -> dict[UUID, TaskRow]:
    """`lock_task` for many, in one order for all who do so; those that are not there are absent."""
    found = [TaskRow(*row) for row in await session.execute(_rows(scope).where(Task.id.in_(task_ids)))]
    await lock_subjects(session, [row.case.subject_key for row in found])
    query = _rows(scope).where(Task.id.in_(task_ids)).order_by(Task.id).with_for_update(of=Task)
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return {row.task.id: row for row in (TaskRow(*one) for one in rows)}


async def list_case_tasks(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[TaskRow]:
    """The tasks of a case, oldest first."""
    return [
        TaskRow(*row) for row in await session.execute(_rows(scope).where(Task.case_id == case_id).order_by(Task.id))
    ]


async def list_history(session: ReadSession, task_id: UUID) -> Sequence[TaskEvent]:
    """What happened to a task the caller has got by `get_task`."""
    return (
        await session.scalars(
            select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(TaskEvent.at, TaskEvent.id)
        )
    ).all()


def _rows(scope: Scope) -> Select[Task, RiskCase, Household]:
    return (
        select(Task, RiskCase, Household)
        .join(RiskCase, RiskCase.id == Task.case_id)
        .outerjoin(Household, Household.id == Task.household_id)
        .where(within(Task.area_code, scope))
    )


def _conditions(wanted: TaskFilter) -> Iterator[ColumnElement[bool]]:
    yield in_state(*wanted.states)
    yield from equal((Task.household_id, wanted.household_id))
    if wanted.mine is not None:
        yield _is_mine(wanted.mine)
    if wanted.overdue is not None:
        yield Task.overdue_at.is_not(None) if wanted.overdue else Task.overdue_at.is_(None)
    if wanted.due_by is not None:
        yield Task.due_at <= wanted.due_by
    if wanted.feed is not None or wanted.severity is not None:
        yield _has_evidence(wanted.feed, wanted.severity)


def _has_evidence(feed: str | None, severity: Severity | None) -> ColumnElement[bool]:
    """One alert of that feed and severity stands behind the task."""
    asked = equal((Evidence.feed, feed), (Evidence.severity, severity))
    return exists().where(Evidence.case_id == Task.case_id, Evidence.withdrawn_at.is_(None), *asked)


def _is_mine(mine: Mine) -> ColumnElement[bool]:
    mine_is = [Task.assignee_id == mine.account_id]
    if mine.level is not None:
        mine_is.append(Task.level == mine.level)
        # What was raised past a level is still that level's concern; a village keeps its tasks anyway.
        if mine.level != "village":
            mine_is.append(Task.raised_to.in_(LEVELS[LEVELS.index(mine.level) :]))
    return or_(*mine_is)
