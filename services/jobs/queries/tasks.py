"""Labour tasks."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update

from services.jobs.models import LabourTask, Person
from services.jobs.rules.refusals import TaskNotFound
from services.jobs.rules.tasks import TaskKind, TaskState
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing


class TaskRow(NamedTuple):
    """A task with the person it is about, if it is about one."""

    task: LabourTask
    person: Person | None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What a list of tasks shall hold; None does not filter. `due_to`: due on that day or before."""

    state: TaskState | None = TaskState.OPEN
    kind: TaskKind | None = None
    person_id: UUID | None = None
    due_to: date | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal(
            (LabourTask.state, self.state), (LabourTask.kind, self.kind), (LabourTask.person_id, self.person_id)
        )
        if self.due_to is not None:
            yield LabourTask.due_on <= self.due_to


def _rows(scope: Scope) -> Select[LabourTask, Person]:
    query = select(LabourTask, Person).outerjoin(Person, Person.id == LabourTask.person_id)
    return query.where(within(LabourTask.area_code, scope))


async def list_tasks(
    session: ReadSession, scope: Scope, wanted: TaskFilter, after: tuple[date, UUID] | None, limit: int
) -> Sequence[TaskRow]:
    """Tasks, the most urgent first."""
    query = _rows(scope).where(*wanted.conditions())
    query = in_order(query, LabourTask.due_on, LabourTask.id, after=after, limit=limit)
    return [TaskRow(*row) for row in await session.execute(query)]


async def get_task(session: ReadSession, scope: Scope, task_id: UUID) -> TaskRow:
    """One task; raises `TaskNotFound`."""
    row = (await session.execute(_rows(scope).where(LabourTask.id == task_id))).one_or_none()
    return TaskRow(*existing(row, TaskNotFound))


async def lock_task(session: WriteSession, scope: Scope, task_id: UUID) -> LabourTask:
    """One task, held until the commit; raises `TaskNotFound`."""
    query = select(LabourTask).where(within(LabourTask.area_code, scope), LabourTask.id == task_id).with_for_update()
    return existing((await session.scalars(query)).one_or_none(), TaskNotFound)


async def lock_open_of(session: WriteSession, kind: TaskKind, subject_id: UUID) -> LabourTask | None:
    """The open task of a kind on that row, if there is one."""
    query = select(LabourTask).where(
        LabourTask.kind == kind, LabourTask.subject_id == subject_id, LabourTask.state == TaskState.OPEN
    )
    return await session.scalar(query.with_for_update())


async def close_completed(session: WriteSession, people: Collection[UUID], by: UUID, now: datetime) -> None:
    """The ledger has taken the present row of these people: it lacks nothing, and has no minor at work."""
    task = LabourTask
    await session.execute(
        update(task)
        .where(task.person_id.in_(people), task.kind == TaskKind.COMPLETE_ROW, task.state == TaskState.OPEN)
        .values(state=TaskState.DONE, outcome="completed", closed_at=now, closed_by=by, version=task.version + 1)
    )
