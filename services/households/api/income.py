"""Income and rigid spending of households (收入测算): lines, statement, forms."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import income_views as views
from services.households.api.income_workbook import income_workbook
from services.households.api.permits import ExportIncome, ReadIncome, WriteIncome
from services.households.api.reader import ReaderOf
from services.households.models import IncomeEntry, Member
from services.households.queries import income as find
from services.households.queries.register import get_household, list_members
from services.households.schemas import income as schemas
from services.households.usecases import income_entries as usecases
from services.households.usecases.income_statement import state_income
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import area_cursor
from shared.http.fields import PastDay
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.security import audit

router = APIRouter(prefix="/v1", tags=["Income · 收入测算"])

On = Annotated[
    PastDay | None, Query(description="Reference day; today, if left out · 测算基准日", examples=["2026-11-27"])
]


@router.get("/income", summary="Sums by household · 收入测算汇总")
async def list_income(
    who: ReadIncome,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    below: Annotated[bool | None, Query(description="Reference income below the line, or not · 是否低于收入线")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.IncomeSummaryView]:
    """The kept sums of households within the caller's areas, village by village."""
    start = area_cursor(after)
    async with db.read(who.scope) as session:
        scope = who.scope.within(area)
        rows = await find.list_summaries(session, scope, below=below, after=start, limit=limit + 1)
        page, last = cut(rows, limit)
        items = await views.summary_views(session, who.scope, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.area_code, last.household_id) if last else None)


@router.get("/households/{household_id}/income", summary="Income statement · 收入测算表")
async def get_income(
    household_id: UUID, who: ReadIncome, db: Db, reader_of: ReaderOf, on: On = None
) -> schemas.IncomeStatementView:
    """Line by line over the twelve months before the month of `on`: what counts, why not the rest, the sums by group
    and per head, and how far above or below the income line in force. For an earlier day: the people and policies of
    then, the lines as they are known now.
    """
    async with db.read(who.scope) as session:
        stated = await state_income(session, who.scope, household_id, _day(on))
    return views.statement_view(stated, reader_of(who))


@router.get("/households/{household_id}/income/forms", summary="Amounts for forms · 表单数据")
async def get_income_forms(
    household_id: UUID, who: ReadIncome, db: Db, reader_of: ReaderOf, on: On = None
) -> schemas.IncomeFormsView:
    """The 11 amounts of the national form and the rows of civil affairs' table, from the same statement."""
    async with db.read(who.scope) as session:
        stated = await state_income(session, who.scope, household_id, _day(on))
    return views.forms_view(stated, reader_of(who))


@router.get(
    "/households/{household_id}/income/workbook",
    summary="Forms as a workbook · 导出收入测算表",
    response_class=Response,
    responses=WORKBOOK,
)
async def export_income(household_id: UUID, who: ExportIncome, db: Db, reader_of: ReaderOf, on: On = None) -> Response:
    """National form, civil affairs' table, and every line behind them. Who took it is on record."""
    async with db.write(who.scope) as session:
        stated = await state_income(session, who.scope, household_id, _day(on))
        await audit.record(session, who, "income:export", household_id, area_code=stated.household.area_code)
    return WorkbookAnswer(income_workbook(stated, reader_of(who)), f"income-{household_id}")


@router.get("/households/{household_id}/income/entries", summary="All lines · 收支明细")
async def list_income_entries(
    household_id: UUID, who: ReadIncome, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[schemas.IncomeEntryView]:
    """Newest first, those that were corrected or withdrawn as well."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        rows = await find.list_entries(session, who.scope, household_id, start, limit + 1)
        members = await _members(session, who.scope, household_id)
    page, last = cut(rows, limit)
    reader = reader_of(who)
    items = [views.entry_view(one, members, reader) for one in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post(
    "/households/{household_id}/income/entries",
    status_code=201,
    response_model=schemas.IncomeEntryView,
    summary="Enter a line · 新增收支",
)
async def add_income_entry(
    household_id: UUID,
    draft: schemas.IncomeEntryDraft,
    who: WriteIncome,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """The household's sums are computed anew before the answer. What is not plausible is taken, and warned of."""

    async def work(session: WriteSession) -> Response:
        entry = await usecases.add_entry(session, vault, who, household_id, draft.told(), utc_now())
        return await _created(session, who, entry, reader_of)

    return await once(db, who, key, work)


@router.post(
    "/income-entries/{entry_id}/correction",
    status_code=201,
    response_model=schemas.IncomeEntryView,
    summary="Correct a line · 更正收支",
)
async def correct_income_entry(
    entry_id: UUID,
    draft: schemas.IncomeEntryDraft,
    who: WriteIncome,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """A new line in the place of the one that was read; the old one stays on record. Below zero: money went back."""

    async def work(session: WriteSession) -> Response:
        before = await find.lock_entry(session, who.scope, entry_id)
        expect_version(if_match, before.version)
        entry = await usecases.correct_entry(session, vault, who, before, draft.told(), utc_now())
        return await _created(session, who, entry, reader_of)

    return await once(db, who, key, work)


@router.post(
    "/income-entries/{entry_id}/withdrawal", response_model=schemas.IncomeEntryView, summary="Withdraw · 撤销收支"
)
async def withdraw_income_entry(
    entry_id: UUID,
    withdrawal: schemas.IncomeWithdrawal,
    who: WriteIncome,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """The line was wrong as a whole and counts no more; it stays on record."""
    async with db.write(who.scope) as session:
        entry = await find.lock_entry(session, who.scope, entry_id)
        expect_version(if_match, entry.version)
        await usecases.withdraw_entry(session, vault, who, entry, withdrawal.reason, utc_now())
        view = views.entry_view(entry, await _members(session, who.scope, entry.household_id), reader_of(who))
    return json_answer(view, headers={"ETag": etag(entry.version)})


async def _created(session: WriteSession, who: WriteIncome, entry: IncomeEntry, reader_of: ReaderOf) -> Response:
    members = await _members(session, who.scope, entry.household_id)
    view = views.entry_view(entry, members, reader_of(who))
    place = f"/households/v1/households/{entry.household_id}/income/entries"
    return created(view, place, {"ETag": etag(entry.version)})


async def _members(session: ReadSession, scope: Scope, household_id: UUID) -> dict[UUID, Member]:
    return {one.id: one for one in await list_members(session, scope, [household_id])}


def _day(on: date | None) -> date:
    return on or local_date(utc_now())
