"""Households (农户) and code lists."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import register_views as views
from services.households.api.claims import kept_if_refused
from services.households.api.permits import ReadCode, ReadHousehold, SearchHousehold, WriteHousehold
from services.households.api.reader import ReaderOf
from services.households.codes import LISTS
from services.households.queries import register as find
from services.households.queries.register import HouseholdFilter
from services.households.schemas import register as schemas
from services.households.schemas.fields import Grade, HouseholdClass, MonitoringState, Risk
from services.households.usecases import register as usecases
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals, Speaks
from shared.http.cursors import area_cursor
from shared.http.fields import CodeListView, Line
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.readers import code_lists
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1", tags=["Register · 农户档案"])


@router.get("/codes", summary="Code lists · 代码表")
async def list_codes(who: ReadCode, language: Speaks) -> list[CodeListView]:
    """Every code that may be entered, with what it means and the standard behind it."""
    del who
    return code_lists(LISTS, language)


@router.get("/households", summary="Households · 农户列表")
async def list_households(
    who: ReadHousehold,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    household_class: Annotated[HouseholdClass | None, Query(alias="class")] = None,
    grade: Annotated[Grade | None, Query()] = None,
    risk: Annotated[Risk | None, Query()] = None,
    monitoring_state: Annotated[MonitoringState | None, Query()] = None,
    natural_village: Annotated[Line | None, Query(description="Hamlet, its whole name · 自然村")] = None,
    dissolved: Annotated[bool, Query(description="Those that are no more · 已销户")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.HouseholdSummary]:
    """Households within the caller's areas, village by village; every filter that is given must hold."""
    wanted = HouseholdFilter(household_class, grade, risk, monitoring_state, natural_village, dissolved)
    start = area_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_households(session, who.scope.within(area), wanted, after=start, limit=limit + 1)
        page, last = cut(rows, limit)
        items = await views.household_summaries(session, who.scope, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.area_code, last.id) if last else None)


@router.post(
    "/households", status_code=201, response_model=schemas.HouseholdView, summary="Enter a household · 新增农户"
)
async def add_household(
    draft: schemas.HouseholdDraft,
    who: WriteHousehold,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """A household with its members, in a village of the caller. 409 when one of them lives in another household."""

    async def work(session: WriteSession) -> Response:
        household = await usecases.add_household(session, vault, who, draft, utc_now())
        view = await views.household_view(session, who.scope, household, reader_of(who))
        return created(view, f"/households/v1/households/{household.id}", {"ETag": etag(household.version)})

    async with kept_if_refused(db, vault, who, draft.members, (draft.area_code, draft.national_code)):
        return await once(db, who, key, work)


@router.post("/households/search", summary="Search · 查询农户")
async def search_households(
    sought: schemas.Search,
    who: SearchHousehold,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.FoundHousehold]:
    """By ID number in any form, part of a name, phone, or national code. A POST, so that no person stands in a URL."""
    scope = who.scope.within(sought.area)
    value = getattr(sought, sought.by)
    async with db.write(who.scope) as session:
        start = decode_id_cursor(after)
        found = await usecases.search(session, vault, who, sought.by, value, scope, start, limit + 1)
        page, last = cut(found, limit)
        items = await views.found_households(session, who.scope, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.member_id) if last and sought.by == "name" else None)


@router.get("/households/{household_id}", response_model=schemas.HouseholdView, summary="One household · 农户详情")
async def get_household(household_id: UUID, who: ReadHousehold, db: Db, reader_of: ReaderOf) -> Response:
    """With its members; ID numbers and phones are masked."""
    async with db.read(who.scope) as session:
        household = await find.get_household(session, who.scope, household_id)
        view = await views.household_view(session, who.scope, household, reader_of(who))
    return json_answer(view, headers={"ETag": etag(household.version)})


@router.patch("/households/{household_id}", response_model=schemas.HouseholdView, summary="Change it · 修改农户")
async def change_household(
    household_id: UUID,
    change: schemas.HouseholdChange,
    who: WriteHousehold,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Fields that are left out stay. Cases and open tasks follow a household to another village."""
    async with db.write(who.scope) as session:
        household = await find.lock_household(session, who.scope, household_id)
        expect_version(if_match, household.version)
        await usecases.change_household(session, vault, who, household, change.changes(), utc_now(), why=change.why)
        view = await views.household_view(session, who.scope, household, reader_of(who))
    return json_answer(view, headers={"ETag": etag(household.version)})
