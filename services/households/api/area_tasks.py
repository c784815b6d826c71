"""The households on the list of an area's check (区域核查)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import ReadTask, RemarkHousehold
from services.households.api.reader import Reader, ReaderOf
from services.households.api.reports import Reports
from services.households.api.views import task_household
from services.households.queries import area_checks as find
from services.households.queries.area_checks import Listed
from services.households.queries.cases import Surroundings, find_contacts, find_heads
from services.households.queries.tasks import get_task
from services.households.schemas.area_tasks import (
    HouseholdAnswers,
    HouseholdReport,
    ListedHousehold,
    Remark,
)
from services.households.usecases import area_answers as usecases
from services.households.usecases.area_answers import NOTE, Said
from shared.clock import utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
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
    at_risk: Annotated[bool | None, Query(description="Said to be at risk, or not · 是否存在风险")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ListedHousehold]:
    """Those who lived there when the alert came; empty for the task of one household."""
    async with db.read(who.scope) as session:
        await get_task(session, who.scope, task_id)
        start = decode_id_cursor(after)
        rows = await find.list_households(
            session, who.scope, task_id, affected=affected, at_risk=at_risk, after=start, limit=limit + 1
        )
        page, last = cut(rows, limit)
        items = await _views(session, who, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.household.id) if last else None)


@router.post("/{task_id}/households", response_model=HouseholdReport, summary="Answer for many · 逐户登记核查情况")
async def answer_many(
    task_id: UUID,
    draft: HouseholdAnswers,
    who: RemarkHousehold,
    db: Db,
    vault: Seals,
    reports: Reports,
    key: OptionalRequestKey,
) -> Response:
    """What the village found at a page of its list. Who is at risk has a national case (监测个案) at once.

    200 tells of each what became of it: the good ones are kept, the others say why not. The same again is `repeated`.
    """

    async def work(session: WriteSession) -> Response:
        said = [_said(one.household_id, one) for one in draft.households]
        outcomes = await usecases.answer_households(session, vault, who, task_id, said, utc_now())
        return reports.answer(HouseholdReport, outcomes)

    return await once(db, who, key, work)


@router.post(
    "/{task_id}/households/{household_id}", response_model=ListedHousehold, summary="Answer for one · 登记一户情况"
)
async def remark_household(
    task_id: UUID, household_id: UUID, draft: Remark, who: RemarkHousehold, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """Optional: the verdict on the task answers for all of them. The last word on a household counts, but who is at
    risk has a national case from it: 409 `at-risk-stands` for taking that back here.
    """
    async with db.write(who.scope) as session:
        said = _said(household_id, draft)
        listed = await usecases.answer_household(session, vault, who, task_id, said, utc_now())
        [view] = await _views(session, who, [listed], reader_of(who))
    return json_answer(view)


def _said(household_id: UUID, draft: Remark) -> Said:
    return Said(household_id, draft.affected, draft.at_risk, draft.note)


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
            at_risk=row.entry.at_risk,
            note=reader.text(row.entry.note_sealed, NOTE),
            remarked_by=row.entry.remarked_by,
            remarked_at=row.entry.remarked_at,
        )
        for row in rows
    ]
