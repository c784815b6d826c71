"""The labour ledger (务工台账): what everybody who can work does, month by month."""

from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.ledger_views import change_view, outcome_view, person_rows, row_view
from services.jobs.api.permits import ReadLedger, WriteLedger
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import LabourRow
from services.jobs.queries import as_of
from services.jobs.queries import ledger as find
from services.jobs.queries.ledger_lists import ListedRow, ListedStatus, RowFilter
from services.jobs.queries.people import get_person
from services.jobs.rules.ledger import Entry, MinorWorks, quick
from services.jobs.rules.months import parse_month
from services.jobs.schemas import ledger as schemas
from services.jobs.usecases import ledger as usecases
from services.jobs.usecases.ledger_people import count_absent, list_people
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import area_cursor
from shared.http.pages import After, Below, CursorInvalid, Limit, Page, cut, decode_cursor, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/ledger", tags=["Ledger · 务工台账"])


@router.get("/counts", response_model=schemas.CountsView, summary="Counted as of a day · 按日期统计")
async def count_ledger(
    who: ReadLedger,
    db: Db,
    on: Annotated[schemas.LedgerDay | None, Query(alias="as_of", description="Today unless given · 时点")] = None,
    known_on: Annotated[
        schemas.LedgerDay | None, Query(description="As the rows stood at the end of that day · 截至当日已登记")
    ] = None,
    area: Below = None,
) -> Response:
    """People by what they do, counted one by one from their rows: out to work is who had begun and had not ended."""
    today = local_date(utc_now())
    day, scope = on or today, who.scope.within(area)
    async with db.read(who.scope) as session:
        counts = await as_of.count_people(session, scope, day, known_on)
        absent = await count_absent(session, scope, day, today)
    return json_answer(
        schemas.CountsView(
            as_of=day,
            known_on=known_on,
            out=counts.out,
            planned=counts.planned,
            not_out=counts.not_out,
            absent=absent,
            unconfirmed=counts.unconfirmed,
        )
    )


@router.get("/months/{month}/people", summary="The list of a month · 当月台账")
async def list_ledger(
    month: schemas.LedgerMonthText,
    who: ReadLedger,
    db: Db,
    reader_of: ReaderOf,
    status: Annotated[ListedStatus | None, Query(description="`none`: no row yet · 务工状态")] = None,
    unconfirmed: Annotated[bool | None, Query(description="Nobody has said so yet, or somebody has · 未确认")] = None,
    wants_change: Annotated[bool | None, Query(description="Wants other work, or not · 要转岗")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.PersonRowView]:
    """Everybody of the caller's areas who has a row of that month, and labour (劳动力) without one; village by village.

    Who is labour, says the policy `labour-indicators`; without it 409.
    """
    wanted = RowFilter(status, unconfirmed, wants_change)
    start = area_cursor(after)
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        rows = await list_people(session, scope, parse_month(month), wanted, start, limit + 1, local_date(utc_now()))
        page, last = cut(rows, limit)
        items = await person_rows(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.person.area_code, last.person.id) if last else None)


@router.post("/months/{month}/confirmations", summary="No change · 确认无变化")
async def confirm_rows(
    month: schemas.LedgerMonthText,
    draft: schemas.Confirmation,
    who: WriteLedger,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
) -> list[schemas.OutcomeView]:
    """One call for one person or for a whole list: their rows are as they were. A row that lacks something by now is
    refused and says what; the others are confirmed all the same. With `since_said` so are the months before, back to
    the last one of which somebody said something, and their wages are told.
    """
    async with db.write(who.scope) as session:
        outcomes = await usecases.confirm_rows(
            session, vault, who, parse_month(month), draft.people, utc_now(), since_said=draft.since_said
        )
    return [outcome_view(one, reader_of(who)) for one in outcomes]


@router.get("/people/{person_id}/months", summary="A person's months · 个人台账")
async def list_person_months(
    person_id: UUID, who: ReadLedger, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 12
) -> Page[schemas.RowView]:
    """The rows of one person, the newest month first."""
    before = _month_cursor(after)
    async with db.read(who.scope) as session:
        await get_person(session, who.scope, person_id)
        page, last = cut(await find.list_months(session, who.scope, person_id, before, limit + 1), limit)
    reader = reader_of(who)
    return Page(items=[row_view(one, reader) for one in page], next=encode_cursor(last.month) if last else None)


@router.get("/months/{month}/people/{person_id}", response_model=schemas.PersonRowView, summary="One row · 台账详情")
async def get_row(
    month: schemas.LedgerMonthText, person_id: UUID, who: ReadLedger, db: Db, reader_of: ReaderOf
) -> Response:
    """What one person does in one month, with the ETag a change needs."""
    async with db.read(who.scope) as session:
        row = await find.get_row(session, who.scope, parse_month(month), person_id)
        view = await _view(session, who, row, reader_of(who))
    return json_answer(view, headers={"ETag": etag(row.version)})


@router.put("/months/{month}/people/{person_id}", response_model=schemas.WrittenRow, summary="Record · 登记台账")
async def put_row(
    month: schemas.LedgerMonthText,
    person_id: UUID,
    draft: schemas.RowDraft,
    who: WriteLedger,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """The row as a whole, made or replaced (then with `If-Match`); so it is confirmed. 422 tells all that is wrong.

    409 `ledger-minor-working`: nobody below 16 is put to work. It is not written, and the finding is passed on.
    """
    return await _write(db, vault, who, month, person_id, lambda _: draft.entry(), if_match, reader_of(who))


@router.patch("/months/{month}/people/{person_id}", response_model=schemas.WrittenRow, summary="Quick form · 快速更新")
async def patch_row(
    month: schemas.LedgerMonthText,
    person_id: UUID,
    draft: schemas.QuickDraft,
    who: WriteLedger,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Nine questions; what is not answered stays. In another place the employer and the days are not those of before:
    where the form does not ask for what is then missing, 422 says what the whole row needs.
    """

    def say(entry: Entry | None) -> Entry:
        return quick(entry or Entry("out"), draft.told())

    return await _write(db, vault, who, month, person_id, say, if_match, reader_of(who))


@router.get("/months/{month}/people/{person_id}/history", summary="Its history · 变更记录")
async def list_row_changes(
    month: schemas.LedgerMonthText, person_id: UUID, who: ReadLedger, db: Db, reader_of: ReaderOf
) -> list[schemas.ChangeView]:
    """Who changed which field from what to what, and when. A row that was carried and never touched has no history."""
    async with db.read(who.scope) as session:
        await find.get_row(session, who.scope, parse_month(month), person_id)
        changes = await find.list_changes(session, who.scope, parse_month(month), person_id)
    return [change_view(one, reader_of(who)) for one in changes]


async def _write(
    db: Db,
    vault: Vault,
    who: Principal,
    month: str,
    person_id: UUID,
    say: Callable[[Entry | None], Entry],
    if_match: str | None,
    reader: Reader,
) -> Response:
    day = parse_month(month)
    async with db.write(who.scope) as session:
        outcome = await usecases.put_row(session, vault, who, day, person_id, say, if_match, utc_now())
        if not outcome.minor:
            row = await find.get_row(session, who.scope, day, person_id)
            view = await _view(session, who, row, reader)
    if outcome.minor:
        raise MinorWorks(field="status")  # after the commit: the finding is told
    written = schemas.WrittenRow(**dict(view), outcome=outcome_view(outcome, reader))
    return json_answer(written, headers={"ETag": etag(row.version)})


async def _view(session: ReadSession, who: Principal, row: LabourRow, reader: Reader) -> schemas.PersonRowView:
    person = await get_person(session, who.scope, row.person_id)
    [view] = await person_rows(session, [ListedRow(person, row)], reader)
    return view


def _month_cursor(after: str | None) -> date | None:
    values = decode_cursor(after, 1)
    try:
        return parse_month(values[0][:7]) if values else None
    except (ValueError, TypeError) as error:
        raise CursorInvalid(field="after") from error
