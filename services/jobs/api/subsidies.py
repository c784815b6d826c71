"""Subsidies (务工补助): who could claim and has not, and what was claimed."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.jobs.api.permits import ClaimSubsidy, DecideSubsidy, ExportSubsidy, ReadSubsidy
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.queries import subsidies as find
from services.jobs.queries.people import list_by_ids
from services.jobs.queries.subsidies import ClaimFilter, ClaimRow, DueRow
from services.jobs.schemas import subsidies as schemas
from services.jobs.usecases import subsidies as usecases
from services.jobs.usecases.subsidies import Claim, Decision
from shared.clock import local_date, utc_now
from shared.contracts.jobs_placement_policies import SubsidyKind
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import due_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.projections.areas import find_names_above
from shared.workbook_stream import stream_workbook, text_frame

router = APIRouter(prefix="/v1/subsidies", tags=["Subsidies · 务工补助"])

Area = Below
KindQuery = Annotated[SubsidyKind | None, Query(description="All unless given · 补助类型")]
COLUMNS = (
    *("subsidy-list-area", "coach-list-name", "subsidy-list-id", "subsidy-list-kind"),
    *("subsidy-list-place", "subsidy-list-since", "subsidy-list-yuan"),
)
"""Of the workbook, by the codes of their texts."""
DIGITS = {"county": 6, "township": 9, "village": 12}


@router.get("/unclaimed", summary="Not claimed yet · 应享未享")
async def list_unclaimed(
    who: ReadSubsidy,
    db: Db,
    reader_of: ReaderOf,
    kind: KindQuery = None,
    area: Area = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.DueView]:
    """Who qualifies today by the policy `labour-subsidies` and has not claimed this year, by village."""
    now = utc_now()
    start = due_cursor(after)
    async with db.read(who.scope) as session:
        rows = await usecases.list_unclaimed(session, who.scope.within(area), kind, now, start, limit + 1)
        page, last = cut(rows, limit)
        items = await _due_views(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.area_code, last.person_id, last.kind) if last else None)


@router.get("/unclaimed/sums", summary="In yuan, by area · 应享未享金额")
async def sum_unclaimed(
    who: ReadSubsidy,
    db: Db,
    reader_of: ReaderOf,
    by: Annotated[Literal["county", "township", "village"], Query(description="分组")] = "township",
    kind: KindQuery = None,
    area: Area = None,
) -> schemas.DueReport:
    """How many people and how much at most, counted from their names."""
    reader = reader_of(who)
    async with db.read(who.scope) as session:
        rows = await usecases.sum_unclaimed(session, who.scope.within(area), kind, utc_now(), DIGITS[by])
        names = await find_names_above(session, {row.area_code for row in rows})
    items = [
        schemas.DueSum(
            area=reader.area(row.area_code, names),
            kind=reader.coded("subsidy_kind", row.kind),
            people=row.people,
            most=row.yuan,
        )
        for row in rows
    ]
    return schemas.DueReport(
        items=items,
        people=sum(one.people for one in items),
        most=sum((one.most for one in items), start=usecases.NOTHING),
    )


@router.get(
    "/unclaimed.xlsx", summary="As a workbook · 导出应享未享名单", response_class=StreamingResponse, responses=WORKBOOK
)
async def export_unclaimed(
    who: ExportSubsidy, db: Db, reader_of: ReaderOf, kind: KindQuery = None, area: Area = None
) -> Response:
    """One line a claim that could be made, with the sum; ID numbers masked. In the audit trail; the last row says who took
    it and when. At most 10,000 lines: take it by township."""
    reader, now = reader_of(who), utc_now()
    async with db.write(who.scope) as session:
        rows = await usecases.take_unclaimed(session, who, who.scope.within(area), kind, now)
        items = await _due_views(session, rows, reader)
    lines: list[tuple[str | None, ...]] = [
        (
            " ".join(one.area.names[1:]),
            one.person.name,
            one.person.id_number,
            one.kind.text,
            one.work_area,
            one.started_on.isoformat() if one.started_on else None,
            str(one.most),
        )
        for one in items
    ]
    total = sum((one.most for one in items), start=usecases.NOTHING)
    lines.append((reader.say("subsidy-list-total"), *[None] * 5, str(total)))
    lines.append((reader.watermark("subsidy-list-mark", now), *[None] * 6))
    headings = [reader.say(code) for code in COLUMNS]
    sheet = (reader.say("subsidy-list-sheet"), headings, [text_frame(lines, len(headings))])
    return WorkbookAnswer(stream_workbook([sheet]), "unclaimed-subsidies")


@router.get("/claims", summary="Claims · 补助申报列表")
async def list_claims(
    who: ReadSubsidy,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[Literal["claimed", "paid", "refused"] | None, Query(description="状态")] = None,
    kind: KindQuery = None,
    year: Annotated[int | None, Query(ge=2000, le=2100, description="年度")] = None,
    person: Annotated[UUID | None, Query(description="人员")] = None,
    area: Area = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.ClaimView]:
    """Claims of people within the caller's areas, newest first."""
    wanted = ClaimFilter(state, kind, year, person)
    async with db.read(who.scope) as session:
        rows = await find.list_claims(session, who.scope.within(area), wanted, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await _claim_views(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.claim.id) if last else None)


@router.post("/claims", status_code=201, response_model=schemas.ClaimView, summary="Claim one · 登记申报")
async def claim_subsidy(
    draft: schemas.ClaimDraft, who: ClaimSubsidy, db: Db, vault: Seals, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """409 `subsidy-not-due` where the policy does not fit, `subsidy-claimed` for a second one of the kind in the year."""

    async def work(session: WriteSession) -> Response:
        told = Claim(draft.person_id, draft.rule, draft.amount, draft.wage_proof, draft.note)
        row = await usecases.claim_subsidy(session, vault, who, told, utc_now())
        [view] = await _claim_views(session, [row], reader_of(who))
        return created(view, f"/jobs/v1/subsidies/claims/{row.claim.id}", {"ETag": etag(row.claim.version)})

    return await once(db, who, key, work)


@router.get("/claims/{claim_id}", response_model=schemas.ClaimView, summary="One claim · 申报详情")
async def get_claim(claim_id: UUID, who: ReadSubsidy, db: Db, reader_of: ReaderOf) -> Response:
    """With what became of it."""
    async with db.read(who.scope) as session:
        return await _answer(session, await find.get_claim(session, who.scope, claim_id), reader_of(who))


@router.post("/claims/{claim_id}/decision", response_model=schemas.ClaimView, summary="Paid or refused · 登记发放结果")
async def decide_claim(
    claim_id: UUID,
    draft: schemas.DecisionDraft,
    who: DecideSubsidy,
    db: Db,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Once. Whose claim was refused may claim anew."""
    async with db.write(who.scope) as session:
        told = Decision(draft.state, draft.on, draft.amount, draft.reason)
        row = await usecases.decide_claim(session, who, claim_id, if_match, told, utc_now())
        return await _answer(session, row, reader_of(who))


async def _due_views(session: ReadSession, rows: Sequence[DueRow], reader: Reader) -> list[schemas.DueView]:
    people = await list_by_ids(session, reader.who.scope, [row.person_id for row in rows])
    names = await find_names_above(session, {row.area_code for row in rows})
    today = local_date(utc_now())
    return [
        schemas.DueView(
            person=reader.person(people[row.person_id], today),
            area=reader.area(row.area_code, names),
            kind=reader.coded("subsidy_kind", row.kind),
            rule=row.rule,
            work_area=row.work_area,
            started_on=row.started_on,
            most=row.yuan,
        )
        for row in rows
    ]


async def _claim_views(session: ReadSession, rows: Sequence[ClaimRow], reader: Reader) -> list[schemas.ClaimView]:
    names = await find_names_above(session, {row.claim.area_code for row in rows})
    today = local_date(utc_now())
    return [
        schemas.ClaimView(
            id=claim.id,
            person=reader.person(person, today),
            area=reader.area(claim.area_code, names),
            kind=reader.coded("subsidy_kind", claim.kind),
            rule=claim.rule,
            year=claim.year,
            amount=claim.amount,
            wage_proof=claim.wage_proof,
            state=reader.coded("subsidy_state", claim.state),
            reason=reader.coded("subsidy_refusal", claim.refused_reason),
            claimed_on=claim.claimed_on,
            decided_on=claim.decided_on,
            paid=claim.paid,
            note=reader.text(claim.note_sealed, usecases.NOTE),
        )
        for claim, person in rows
    ]


async def _answer(session: ReadSession, row: ClaimRow, reader: Reader) -> Response:
    [view] = await _claim_views(session, [row], reader)
    return json_answer(view, headers={"ETag": etag(row.claim.version)})
