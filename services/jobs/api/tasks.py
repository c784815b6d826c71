"""The desk of labour tasks (任务)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import CloseTask, ReadTask
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.queries import tasks as find
from services.jobs.queries.tasks import TaskFilter, TaskRow
from services.jobs.rules.tasks import OUTCOMES, TaskKind, TaskState
from services.jobs.schemas import tasks as schemas
from services.jobs.usecases import tasks as usecases
from services.jobs.usecases.sealing import TASK_NOTE
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import day_cursor
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/tasks", tags=["Labour tasks · 就业任务"])


@router.get("", summary="Tasks · 任务列表")
async def list_tasks(
    who: ReadTask,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    state: Annotated[TaskState, Query(description="Open ones unless given · 状态")] = TaskState.OPEN,
    kind: Annotated[TaskKind | None, Query(description="任务类型")] = None,
    person: Annotated[UUID | None, Query(description="About one person · 人员")] = None,
    due_to: Annotated[date | None, Query(description="Due on that day or before · 截止日期不晚于")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.TaskView]:
    """Tasks within the caller's areas, the most urgent first."""
    wanted = TaskFilter(state, kind, person, due_to)
    start = day_cursor(after)
    async with db.read(who.scope) as session:
        page, last = cut(await find.list_tasks(session, who.scope.within(area), wanted, start, limit + 1), limit)
        items = await task_views(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.task.due_on, last.task.id) if last else None)


@router.get("/{task_id}", response_model=schemas.TaskView, summary="One task · 任务详情")
async def get_task(task_id: UUID, who: ReadTask, db: Db, reader_of: ReaderOf) -> Response:
    """With whom it is about, and what it may be closed with."""
    async with db.read(who.scope) as session:
        return await _answer(session, await find.get_task(session, who.scope, task_id), reader_of(who))


@router.post("/{task_id}/completion", response_model=schemas.TaskView, summary="Close it · 办结任务")
async def close_task(
    task_id: UUID,
    draft: schemas.TaskEnd,
    who: CloseTask,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Close a task with one of its outcomes. 409 `labour-task-own-route` where the row behind it has a route for that."""
    async with db.write(who.scope) as session:
        await usecases.close_by_hand(session, vault, who, task_id, if_match, draft.outcome, draft.note, utc_now())
        return await _answer(session, await find.get_task(session, who.scope, task_id), reader_of(who))


async def task_views(session: ReadSession, rows: Sequence[TaskRow], reader: Reader) -> list[schemas.TaskView]:
    """Tasks with their people."""
    names = await find_names_above(session, {row.task.area_code for row in rows})
    today = local_date(utc_now())
    return [
        schemas.TaskView(
            id=task.id,
            kind=TaskKind(task.kind),
            kind_text=reader.code("labour_task", task.kind),
            area=reader.area(task.area_code, names),
            person=reader.person(person, today) if person else None,
            subject_id=task.subject_id,
            due_on=task.due_on,
            overdue=task.state == TaskState.OPEN and task.due_on < today,
            state=TaskState(task.state),
            outcomes=sorted(OUTCOMES[task.kind]),
            outcome=task.outcome,
            note=reader.text(task.note_sealed, TASK_NOTE),
            opened_at=task.opened_at,
            closed_at=task.closed_at,
        )
        for task, person in rows
    ]


async def _answer(session: ReadSession, row: TaskRow, reader: Reader) -> Response:
    [view] = await task_views(session, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.task.version)})
