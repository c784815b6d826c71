"""Visits (入户走访): recorded for a task or a household, one by one or many at once, and confirmed by a second person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import ConfirmVisit, ReadVisit, RecordVisit
from services.households.api.reader import Reader, ReaderOf
from services.households.api.reports import Reports
from services.households.api.visit_views import visit_view
from services.households.models import Visit, VisitKind
from services.households.queries import visits as find
from services.households.queries.register import get_household
from services.households.rules.positions import Position
from services.households.schemas import visits as schemas
from services.households.usecases import visits as usecases
from services.households.usecases.visit_findings import FieldFound
from services.households.usecases.visits import About, VisitNote
from shared.clock import utc_now
from shared.db.engine import Database, ReadSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import moment_cursor
from shared.http.pages import After, Page, cut, encode_cursor
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1", tags=["Visits · 入户走访"])

MAX_BYTES = 5_000_000
"""Of 200 visits with all they can say."""
_AGAIN: dict[int | str, dict[str, Any]] = {
    200: {"model": schemas.VisitView, "description": "The same visit again · 重复登记"}
}


@router.post(
    "/tasks/{task_id}/visits",
    status_code=201,
    response_model=schemas.VisitView,
    summary="Record a visit · 登记走访",
    responses=_AGAIN,
)
async def record_visit(
    task_id: UUID, draft: schemas.VisitDraft, who: RecordVisit, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """201 the first time, 200 when the same visit comes again, 409 when another has its id.

    `fields` are kept beside what the register holds now; with `apply` what differs is put into it, or nothing at all.
    """
    return await _record(db, vault, who, About(task_id=task_id), _note(draft), reader_of(who))


@router.post(
    "/households/{household_id}/visits",
    status_code=201,
    response_model=schemas.VisitView,
    summary="Record a routine visit · 登记日常走访",
    responses=_AGAIN,
)
async def record_household_visit(
    household_id: UUID, draft: schemas.VisitDraft, who: RecordVisit, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """A visit that no task asked for; otherwise as for a task."""
    return await _record(db, vault, who, About(household_id=household_id), _note(draft), reader_of(who))


@router.post(
    "/households/{household_id}/no-change",
    status_code=201,
    response_model=schemas.VisitView,
    summary="Nothing has changed · 无变化",
    responses=_AGAIN,
)
async def record_no_change(
    household_id: UUID, draft: schemas.NoChange, who: RecordVisit, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """One call: nothing has changed since the state that was confirmed last. No photo, no text, no place is asked for."""
    note = VisitNote(draft.id, draft.at, *_place(draft.place), kind="no_change")
    return await _record(db, vault, who, About(household_id=household_id), note, reader_of(who))


@router.post(
    "/visits", response_model=schemas.VisitReport, summary="Many visits · 批量登记走访", max_body_size=MAX_BYTES
)
async def record_visits(draft: schemas.VisitList, who: RecordVisit, db: Db, vault: Seals, reports: Reports) -> Response:
    """What a phone gathered without signal, at most 200. 200 tells of each what became of it: the good ones are kept,
    the others say why not. The same again is `repeated` and changes nothing, so send all of it after a lost answer.
    """
    told = [(About(one.task_id, one.household_id), _note(one, one.kind)) for one in draft.visits]
    async with db.write(who.scope) as session:
        outcomes = await usecases.record_visits(session, vault, who, told, utc_now())
    return reports.answer(schemas.VisitReport, outcomes)


@router.get("/households/{household_id}/visits", summary="Visits of a household · 走访记录")
async def list_household_visits(
    household_id: UUID,
    who: ReadVisit,
    db: Db,
    reader_of: ReaderOf,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Rows a page · 每页行数")] = 20,
) -> Page[schemas.VisitView]:
    """With and without a task, "no change" too, the latest first."""
    start = moment_cursor(after)
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        rows = await find.list_household_visits(session, who.scope, household_id, start, limit + 1)
        page, last = cut(rows, limit)
        photos = await find.list_photos(session, who.scope, {visit.id for visit in page})
    items = [visit_view(visit, photos.get(visit.id, []), reader_of(who)) for visit in page]
    return Page(items=items, next=encode_cursor(last.visited_at, last.id) if last else None)


@router.get("/visits/{visit_id}", response_model=schemas.VisitView, summary="One visit · 走访详情")
async def get_visit(visit_id: UUID, who: ReadVisit, db: Db, reader_of: ReaderOf) -> Response:
    """With its photos' particulars; a picture itself is `GET /households/v1/photos/{photo_id}`."""
    async with db.read(who.scope) as session:
        visit = await find.get_visit(session, who.scope, visit_id)
        return json_answer(await _view(session, who, visit, reader_of(who)))


@router.post("/visits/{visit_id}/confirmation", response_model=schemas.VisitView, summary="I was there too · 同行确认")
async def confirm_visit(visit_id: UUID, who: ConfirmVisit, db: Db, reader_of: ReaderOf) -> Response:
    """By another account than the visitor's, once; the same again changes nothing.

    A verdict for which the policy `visit-rules` wants two people may rest on the visit from then on.
    """
    async with db.write(who.scope) as session:
        visit = await usecases.confirm_visit(session, who, visit_id, utc_now())
        return json_answer(await _view(session, who, visit, reader_of(who)))


async def _record(
    db: Database, vault: Vault, who: Principal, about: About, note: VisitNote, reader: Reader
) -> Response:
    async with db.write(who.scope) as session:
        visit, new = await usecases.record_visit(session, vault, who, about, note, utc_now())
        view = await _view(session, who, visit, reader)
    return created(view, f"/households/v1/visits/{visit.id}") if new else json_answer(view)


async def _view(session: ReadSession, who: Principal, visit: Visit, reader: Reader) -> schemas.VisitView:
    photos = await find.list_photos(session, who.scope, [visit.id])
    return visit_view(visit, photos.get(visit.id, []), reader)


def _note(draft: schemas.VisitDraft, kind: VisitKind = "visit") -> VisitNote:
    position, place_text = _place(draft.place)
    if kind == "no_change":
        return VisitNote(draft.id, draft.visited_at, position, place_text, kind=kind)
    return VisitNote(
        draft.id,
        draft.visited_at,
        position,
        place_text,
        draft.with_whom,
        draft.findings,
        tuple(draft.met),
        tuple(FieldFound(one.member_id, *one.change()) for one in draft.fields),
        draft.apply,
    )


def _place(place: schemas.PlaceDraft | None) -> tuple[Position | None, str | None]:
    if place is None:
        return None, None
    if place.latitude is None or place.longitude is None:
        return None, place.text
    return Position(place.latitude, place.longitude, place.accuracy_m), place.text
