"""Authorisations (承诺授权查询书), and questions to bureaus (信息比对)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import (
    AnswerTicket,
    AskBureaus,
    ReadMonitoring,
    ReadTickets,
    RecordAuthorisation,
)
from services.households.api.reader import Reader, ReaderOf
from services.households.models import Authorisation, TicketState
from services.households.queries import comparisons as find
from services.households.queries.comparisons import TicketFilter, TicketRow
from services.households.queries.monitoring import get_case
from services.households.schemas import comparisons as schemas
from services.households.usecases import comparisons as usecases
from services.households.usecases.comparisons import SIGNER, Signature, feeds_of
from services.households.usecases.sealing import ID_NUMBER
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import day_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import etag
from shared.masking import mask_name
from shared.projections.areas import find_names_above
from shared.security.principals import Role

router = APIRouter(prefix="/v1", tags=["Comparison · 信息比对"])
CASE = "/monitoring-cases/{case_id}"


@router.get(f"{CASE}/authorisations", summary="Authorisations · 授权书列表")
async def list_authorisations(
    case_id: UUID, who: ReadMonitoring, db: Db, reader_of: ReaderOf
) -> list[schemas.AuthorisationView]:
    """Of all its rounds, oldest first."""
    async with db.read(who.scope) as session:
        await get_case(session, who.scope, case_id)
        found = await find.list_authorisations(session, who.scope, case_id)
    return [_authorisation(one, reader_of(who)) for one in found]


@router.post(
    f"{CASE}/authorisations",
    status_code=201,
    response_model=schemas.AuthorisationView,
    summary="The household signed · 登记授权书",
)
async def record_authorisation(
    case_id: UUID,
    draft: schemas.AuthorisationDraft,
    who: RecordAuthorisation,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """Without it no bureau is asked. The scanned sheet lies elsewhere; here is its hash."""

    async def work(session: WriteSession) -> Response:
        told = Signature(draft.signer, draft.member_id, draft.signed_on, draft.scan_sha256)
        signed = await usecases.record_authorisation(session, vault, who, case_id, told, utc_now())
        return created(
            _authorisation(signed, reader_of(who)), f"/households/v1/monitoring-cases/{case_id}/authorisations"
        )

    return await once(db, who, key, work)


@router.get(f"{CASE}/comparison", summary="What was asked · 比对情况")
async def get_comparison(case_id: UUID, who: ReadMonitoring, db: Db, reader_of: ReaderOf) -> schemas.TicketList:
    """What bureaus were asked for a case, and what they said. `exists` is for people to weigh; it decides nothing."""
    async with db.read(who.scope) as session:
        await get_case(session, who.scope, case_id)
        rows = await find.list_case_tickets(session, who.scope, case_id)
        return _list(await _views(session, rows, reader_of(who), local_date(utc_now())))


@router.post(f"{CASE}/comparison", status_code=201, response_model=schemas.TicketList, summary="Ask bureaus · 发起比对")
async def ask_bureaus(
    case_id: UUID,
    draft: schemas.ComparisonDraft,
    who: AskBureaus,
    db: Db,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """One question for each person and kind; what was asked already is not asked again. Answers the new ones."""

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        rows = await usecases.ask_bureaus(session, who, case_id, draft.member_ids, draft.kinds, now)
        views = await _views(session, rows, reader_of(who), local_date(now))
        return created(_list(views), f"/households/v1/monitoring-cases/{case_id}/comparison")

    return await once(db, who, key, work)


@router.get("/comparison-tickets", summary="Questions · 待比对事项")
async def list_tickets(
    who: ReadTickets,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[TicketState | None, Query(description="State · 状态")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Kind of asset · 比对项目")] = None,
    overdue: Annotated[bool, Query(description="Only those past their last day · 仅超期")] = False,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.TicketView]:
    """A bureau's own by its feeds, the most urgent first; the county sees who owes what."""
    today = local_date(utc_now())
    wanted = TicketFilter(feeds_of(who), "open" if overdue else state, kind, today if overdue else None)
    start = day_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_tickets(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await _views(session, page, reader_of(who), today)
    return Page(items=items, next=encode_cursor(last.ticket.due_on, last.ticket.id) if last else None)


@router.get("/comparison-tickets/{ticket_id}", response_model=schemas.TicketView, summary="One question · 比对详情")
async def get_ticket(ticket_id: UUID, who: ReadTickets, db: Db, reader_of: ReaderOf) -> Response:
    """404 for another bureau's."""
    async with db.read(who.scope) as session:
        row = await find.get_ticket(session, who.scope, feeds_of(who), ticket_id)
        return await _answer(session, row, reader_of(who))


@router.post(
    "/comparison-tickets/{ticket_id}/reveal", response_model=schemas.PersonShown, summary="Whom it is about · 查看对象"
)
async def reveal_ticket(ticket_id: UUID, who: AnswerTicket, db: Db, vault: Seals) -> Response:
    """Name and ID number, while the question is open. Who looked is on record. 409 when it has its answer."""
    async with db.write(who.scope) as session:
        shown = await usecases.reveal_person(session, vault, who, ticket_id)
    answer = schemas.PersonShown(name=shown.name, id_number=shown.id_number)
    return json_answer(answer, headers={"Cache-Control": "no-store"})


@router.post(
    "/comparison-tickets/{ticket_id}/answer", response_model=schemas.TicketView, summary="Answer it · 答复比对"
)
async def answer_ticket(
    ticket_id: UUID, draft: schemas.TicketAnswerDraft, who: AnswerTicket, db: Db, reader_of: ReaderOf
) -> Response:
    """Yes or no. The same again changes nothing; late is taken, and was late."""
    async with db.write(who.scope) as session:
        row = await usecases.answer_ticket(session, who, ticket_id, draft.answer, utc_now())
        return await _answer(session, row, reader_of(who))


@router.post(
    "/comparison-tickets/{ticket_id}/withdrawal", response_model=schemas.TicketView, summary="Take it back · 撤回比对"
)
async def withdraw_ticket(ticket_id: UUID, who: AskBureaus, db: Db, reader_of: ReaderOf) -> Response:
    """Before it is answered; the gate counts it as not asked."""
    async with db.write(who.scope) as session:
        row = await usecases.withdraw_ticket(session, who, ticket_id)
        return await _answer(session, row, reader_of(who))


def _authorisation(signed: Authorisation, reader: Reader) -> schemas.AuthorisationView:
    return schemas.AuthorisationView(
        id=signed.id,
        case_id=signed.case_id,
        round=signed.round,
        signer=reader.text(signed.signer_sealed, SIGNER),
        member_id=signed.member_id,
        signed_on=signed.signed_on,
        scan_sha256=signed.scan_sha256,
        recorded_by=signed.recorded_by,
        recorded_at=signed.recorded_at,
    )


async def _answer(session: ReadSession, row: TicketRow, reader: Reader) -> Response:
    [view] = await _views(session, [row], reader, local_date(utc_now()))
    return json_answer(view, headers={"ETag": etag(row.ticket.version)})


async def _views(
    session: ReadSession, rows: Sequence[TicketRow], reader: Reader, today: date
) -> list[schemas.TicketView]:
    names = await find_names_above(session, (row.ticket.area_code for row in rows))
    return [_view(row, names, reader, today) for row in rows]


def _view(row: TicketRow, names: dict[str, str], reader: Reader, today: date) -> schemas.TicketView:
    ticket, member = row.ticket, row.member
    bureau = reader.who.role is Role.BUREAU
    hidden = bureau and ticket.state != "open"  # it has its answer: nobody needs to know any more whom it was about
    return schemas.TicketView(
        id=ticket.id,
        case_id=None if bureau else ticket.case_id,
        member_id=None if bureau else ticket.member_id,
        person="*" if hidden else mask_name(member.name) if bureau else reader.name(member.name),
        id_number=None if ticket.state != "open" else reader.id_number(member.id_number_sealed, ID_NUMBER),
        area=reader.area(ticket.area_code, names),
        kind=ticket.kind,
        kind_text=reader.code("asset_kind", ticket.kind),
        feed=ticket.feed,
        state=ticket.state,
        state_text=reader.code("ticket_state", ticket.state),
        asked_on=ticket.asked_on,
        due_on=ticket.due_on,
        overdue=ticket.state == "open" and ticket.due_on < today,
        answer=ticket.answer,
        answer_text=reader.code("asset_answer", ticket.answer) if ticket.answer else None,
        answered_at=ticket.answered_at,
        round=ticket.round,
        version=ticket.version,
    )


def _list(views: list[schemas.TicketView]) -> schemas.TicketList:
    return schemas.TicketList(
        items=views,
        open=sum(1 for one in views if one.state == "open"),
        overdue=sum(1 for one in views if one.overdue),
        exist=sum(1 for one in views if one.state == "answered" and one.answer == "exists"),
    )
