"""Tasks (核查任务): the list to work through, and what is done with each."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import views
from services.households.api.permits import (
    AcceptTask,
    AssignTask,
    CancelTask,
    GiveVerdict,
    ReadTask,
)
from services.households.api.reader import Reader, ReaderOf
from services.households.models import ACTIVE, TaskState
from services.households.queries import tasks as find
from services.households.queries.area_checks import count_lists
from services.households.queries.cases import find_contacts, load_surroundings
from services.households.queries.tasks import Mine, TaskFilter, TaskRow
from services.households.rules.desks import DESK_LEVELS
from services.households.schemas import tasks as schemas
from services.households.usecases import tasks as usecases
from services.households.usecases import verdicts
from services.households.usecases.verdicts import TRIAGE, Told
from services.households.usecases.visits import VISIT_RULES
from shared.areas import AreaCode
from shared.clock import end_of_day, local_date, utc_now
from shared.contracts.alerts import Severity
from shared.contracts.policies import Triage
from shared.contracts.visit_policies import VisitRules
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import moment_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import etag
from shared.projections.policies import load_in_force
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/tasks", tags=["Tasks · 核查任务"])


@router.get("", summary="Tasks · 任务列表")
async def list_tasks(
    who: ReadTask,
    db: Db,
    reader_of: ReaderOf,
    mine: Annotated[bool, Query(description="Of my desk, raised to it, or in my hands · 我的任务")] = False,
    state: Annotated[tuple[TaskState, ...], Query(description="Open and accepted unless given · 状态")] = ACTIVE,
    overdue: Annotated[bool | None, Query(description="Past their deadline, or not · 是否超期")] = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    feed: Annotated[str | None, Query(max_length=100, description="With an alert of it · 预警类别")] = None,
    severity: Annotated[Severity | None, Query(description="With an alert so severe · 严重程度")] = None,
    due_to: Annotated[date | None, Query(description="Due on that day or before · 截止日期不晚于")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.TaskView]:
    """Tasks within the caller's areas, the most urgent first, each with its last alert; one task shows them all.

    `without_visit` says which verdicts may be given from this list, by phone or known fact: `POST /v1/verdicts`.
    """
    start = moment_cursor(after)
    wanted = TaskFilter(
        state,
        Mine(who.id, DESK_LEVELS.get(who.role)) if mine else None,
        overdue,
        household,
        feed,
        severity,
        end_of_day(due_to) if due_to else None,
    )
    async with db.read(who.scope) as session:
        page, last = cut(await find.list_tasks(session, who.scope.within(area), wanted, start, limit + 1), limit)
        items = await task_views(session, who, page, reader_of(who), latest=True)
    return Page(items=items, next=encode_cursor(last.task.due_at, last.task.id) if last else None)


@router.get("/{task_id}", response_model=schemas.TaskView, summary="One task · 任务详情")
async def get_task(task_id: UUID, who: ReadTask, db: Db, reader_of: ReaderOf) -> Response:
    """With the alerts behind it."""
    async with db.read(who.scope) as session:
        return await _answer(session, who, await find.get_task(session, who.scope, task_id), reader_of(who))


@router.get("/{task_id}/history", summary="Its history · 任务历史")
async def list_task_history(task_id: UUID, who: ReadTask, db: Db, reader_of: ReaderOf) -> list[schemas.TaskEventView]:
    """Who did what with the task, and when."""
    async with db.read(who.scope) as session:
        await find.get_task(session, who.scope, task_id)
        return [views.event_view(event, reader_of(who)) for event in await find.list_history(session, task_id)]


@router.post("/{task_id}/acceptance", response_model=schemas.TaskView, summary="Take it · 接收任务")
async def accept_task(task_id: UUID, who: AcceptTask, db: Db, reader_of: ReaderOf) -> Response:
    """Take the task in hand; doing so twice changes nothing. 409 when somebody else has it."""
    async with db.write(who.scope) as session:
        row = await usecases.accept_task(session, who, task_id, utc_now())
        return await _answer(session, who, row, reader_of(who))


@router.post("/{task_id}/assignment", response_model=schemas.TaskView, summary="Hand it on · 转派任务")
async def assign_task(
    task_id: UUID, draft: schemas.Assignment, who: AssignTask, db: Db, reader_of: ReaderOf
) -> Response:
    """To the desk of an area, or into somebody's hands. A known household's task stays above its own village."""
    async with db.write(who.scope) as session:
        if draft.account_id is not None:
            row = await usecases.assign_to_account(session, who, task_id, draft.account_id, utc_now())
        else:
            area_code = AreaCode(draft.area_code or "")
            row = await usecases.assign_to_area(session, who, task_id, area_code, utc_now())
        await session.flush()
        return await _answer(session, who, row, reader_of(who))


@router.post("/{task_id}/verdict", status_code=201, response_model=schemas.TaskView, summary="Verdict · 核查结论")
async def give_verdict(
    task_id: UUID,
    draft: schemas.VerdictDraft,
    who: GiveVerdict,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """The task is done, late or not; the case is closed, and the bureaus behind it get the verdict.

    409 `visit-required` when the policy `triage` wants a visit for this verdict, `second-visitor-required` when
    `visit-rules` wants two people there; a risk may be told without either.
    """

    async def work(session: WriteSession) -> Response:
        told = Told(draft.verdict, draft.reason, draft.basis, draft.contact, draft.visit_id)
        row = await verdicts.give_verdict(session, vault, who, task_id, told, utc_now())
        [view] = await task_views(session, who, [row], reader_of(who))
        return created(view, views.task_location(task_id), {"ETag": etag(row.task.version)})

    return await once(db, who, key, work)


@router.post("/{task_id}/cancellation", response_model=schemas.TaskView, summary="Drop it · 撤销任务")
async def cancel_task(
    task_id: UUID, draft: schemas.Cancellation, who: CancelTask, db: Db, reader_of: ReaderOf
) -> Response:
    """Close task and case without a verdict."""
    async with db.write(who.scope) as session:
        row = await usecases.cancel_task(session, who, task_id, draft.reason, utc_now())
        return await _answer(session, who, row, reader_of(who))


async def task_views(
    session: ReadSession, who: Principal, rows: Sequence[TaskRow], reader: Reader, *, latest: bool = False
) -> list[schemas.TaskView]:
    """Tasks with their surroundings, which are loaded once for all of them; `latest`: with the last alert of each."""
    today = local_date(utc_now())
    shown = [(row.case, row.household, row.task.area_code) for row in rows]
    around = await load_surroundings(session, who.scope, shown, latest=latest)
    beside = views.Beside(
        await find_contacts(session, who.scope, {row.household.id for row in rows if row.household}),
        await count_lists(session, who.scope, {row.task.id for row in rows if row.case.area_alert_id}),
        await load_in_force(session, TRIAGE, today, Triage),
        await load_in_force(session, VISIT_RULES, today, VisitRules),
    )
    return [views.task_view(row, around, beside, reader) for row in rows]


async def _answer(session: ReadSession, who: Principal, row: TaskRow, reader: Reader) -> Response:
    [view] = await task_views(session, who, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.task.version)})
