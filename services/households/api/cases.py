"""Cases (风险个案): what the alerts on a household add up to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.households.api import views
from services.households.api.permits import ReadCase
from services.households.api.reader import ReaderOf
from services.households.api.tasks import task_views
from services.households.api.visit_views import visit_view
from services.households.models import CaseState
from services.households.queries import cases as find
from services.households.queries.tasks import list_case_tasks
from services.households.queries.visits import list_photos
from services.households.schemas import tasks as schemas
from shared.http.context import Db
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor

router = APIRouter(prefix="/v1/cases", tags=["Cases · 风险个案"])


@router.get("", summary="Cases · 个案列表")
async def list_cases(
    who: ReadCase,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[CaseState | None, Query(description="State · 状态")] = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.CheckSummary]:
    """Cases within the caller's areas, newest first."""
    async with db.read(who.scope) as session:
        rows = await find.list_cases(
            session,
            who.scope.within(area),
            state=state,
            household_id=household,
            before=decode_id_cursor(after),
            limit=limit + 1,
        )
        page, last = cut(rows, limit)
        around = await find.load_surroundings(
            session, who.scope, [(row.case, row.household, row.case.area_code) for row in page], latest=True
        )
    items = [views.case_summary(row, around, reader_of(who)) for row in page]
    return Page(items=items, next=encode_cursor(last.case.id) if last else None)


@router.get("/{case_id}", summary="One case · 个案详情")
async def get_case(case_id: UUID, who: ReadCase, db: Db, reader_of: ReaderOf) -> schemas.CheckView:
    """With its evidence, tasks, visits and verdicts."""
    reader = reader_of(who)
    async with db.read(who.scope) as session:
        row = await find.get_case(session, who.scope, case_id)
        around = await find.load_surroundings(session, who.scope, [(row.case, row.household, row.case.area_code)])
        tasks = await task_views(session, who, await list_case_tasks(session, who.scope, case_id), reader)
        visits = await find.list_visits(session, who.scope, case_id)
        photos = await list_photos(session, who.scope, {visit.id for visit in visits})
        verdicts = await find.list_verdicts(session, case_id)
    return schemas.CheckView(
        **dict(views.case_summary(row, around, reader)),
        tasks=tasks,
        visits=[visit_view(visit, photos.get(visit.id, []), reader) for visit in visits],
        verdicts=[views.verdict_view(verdict, reader) for verdict in verdicts],
    )
