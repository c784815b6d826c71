"""The households on the list of an area's check (区域核查)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import ReadTask, RemarkHousehold
from services.households.api.reader import Reader, ReaderOf
from services.households.api.views import task_household
from services.households.queries import area_checks as find
from services.households.queries.area_checks import Listed
from services.households.queries.cases import Surroundings, find_contacts, find_heads
from services.households.queries.tasks import get_task
from services.households.schemas.area_tasks import ListedHousehold, Remark
from services.households.usecases.area_checks import NOTE
from services.households.usecases.area_checks import remark_household as remark
from shared.clock import utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.projections.areas import find_names_above
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/tasks", tags=["Tasks · 核查任务"])


@router.get("/{task_id}/households", summary="Its households · 区域核查户清单")
async def list_task_households(
    task_id: UUID,
    who: ReadTask,
    db: Db,
    reader_of: ReaderOf,
    affected: Annotated[bool | None, Query(description="Said to be affected, or not · 是否受影响")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ListedHousehold]:
    """Those who lived there when the alert came; empty for the task of one household."""
    async with db.read(who.scope) as session:
        await get_task(session, who.scope, task_id)
        rows = await find.list_households(
            session, who.scope, task_id, affected=affected, after=decode_id_cursor(after), limit=limit + 1
        )
        page, last = cut(rows, limit)
        items = await _views(session, who, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.household.id) if last else None)


@router.post(
    "/{task_id}/households/{household_id}", response_model=ListedHousehold, summary="Remark on one · 登记一户情况"
)
async def remark_household(
    task_id: UUID, household_id: UUID, draft: Remark, who: RemarkHousehold, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """Optional: the verdict on the task answers for all of them. The last word on a household counts."""
    async with db.write(who.scope) as session:
        listed = await remark(
            session, vault, who, task_id, household_id, affected=draft.affected, note=draft.note, now=utc_now()
        )
        [view] = await _views(session, who, [listed], reader_of(who))
    return json_answer(view)


async def _views(session: ReadSession, who: Principal, rows: Sequence[Listed], reader: Reader) -> list[ListedHousehold]:
    ids = {row.household.id for row in rows}
    names = await find_names_above(session, (row.household.area_code for row in rows))
    around = Surroundings(await find_heads(session, who.scope, ids), names, {}, {})
    contacts = await find_contacts(session, who.scope, ids)
    return [
        ListedHousehold(
            household=task_household(row.household, around, reader, contacts),
            natural_village=row.household.natural_village,
            household_class=row.household.household_class,
            affected=row.entry.affected,
            note=reader.text(row.entry.note_sealed, NOTE),
            remarked_by=row.entry.remarked_by,
            remarked_at=row.entry.remarked_at,
        )
        for row in rows
    ]
