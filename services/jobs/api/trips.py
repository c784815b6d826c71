"""Organised trips (点对点输送): planned, filled, the coach list, who was there."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.jobs.api.permits import FillTrip, PlanTrip, ReadTrip, TakeCoachList
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import Trip
from services.jobs.queries import trips as find
from services.jobs.queries.trips import PassengerRow, TripFilter
from services.jobs.schemas import trips as schemas
from services.jobs.usecases import trips as usecases
from services.jobs.usecases.sealing import NAME, PHONE
from services.jobs.usecases.trips import CONTACT
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import day_cursor
from shared.http.fields import AnyArea
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, encode_cursor
from shared.http.versions import IfMatch, etag
from shared.http.workbooks import WORKBOOK, WorkbookAnswer
from shared.masking import mask_phone
from shared.projections.areas import find_names_above
from shared.security.principals import Principal
from shared.workbook_stream import stream_workbook, text_frame

router = APIRouter(prefix="/v1/trips", tags=["Organised trips · 点对点输送"])


@router.get("", summary="Trips · 输送列表")
async def list_trips(
    who: ReadTrip,
    db: Db,
    reader_of: ReaderOf,
    departs_from: Annotated[date | None, Query(description="On that day or later · 出发日期起")] = None,
    departs_to: Annotated[date | None, Query(description="On that day or before · 出发日期止")] = None,
    state: Annotated[Literal["planned", "cancelled"] | None, Query(description="状态")] = None,
    area: Annotated[AnyArea | None, Query(description="That concern this area · 区划")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.TripView]:
    """Trips organised within the caller's areas, or above them for all below, by the day of departure."""
    wanted = TripFilter(departs_from, departs_to, state)
    async with db.read(who.scope) as session:
        rows = await find.list_trips(session, who.scope.within(area), wanted, day_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await _views(session, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.departs_on, last.id) if last else None)


@router.post("", status_code=201, response_model=schemas.TripView, summary="Plan one · 安排输送")
async def open_trip(
    draft: schemas.TripDraft, who: PlanTrip, db: Db, vault: Seals, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """For the people of an area and all below; the villages fill the seats."""

    async def work(session: WriteSession) -> Response:
        trip = await usecases.open_trip(session, vault, who, draft.area, draft.plan(), utc_now())
        [view] = await _views(session, [trip], reader_of(who))
        return created(view, f"/jobs/v1/trips/{trip.id}", {"ETag": etag(trip.version)})

    return await once(db, who, key, work)


@router.get("/{trip_id}", response_model=schemas.TripView, summary="One trip · 输送详情")
async def get_trip(trip_id: UUID, who: ReadTrip, db: Db, reader_of: ReaderOf) -> Response:
    """With the caller's own passengers; the seats that are left count everybody's."""
    async with db.read(who.scope) as session:
        return await _answer(session, who, await find.get_trip(session, who.scope, trip_id), reader_of(who))


@router.put("/{trip_id}/plan", response_model=schemas.TripView, summary="Plan it anew · 变更安排")
async def change_trip(
    trip_id: UUID,
    draft: schemas.PlanDraft,
    who: PlanTrip,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """409 `trip-full` for fewer seats than are taken."""
    async with db.write(who.scope) as session:
        trip = await usecases.change_trip(session, vault, who, trip_id, if_match, draft.plan(), utc_now())
        return await _answer(session, who, trip, reader_of(who))


@router.post("/{trip_id}/cancellation", response_model=schemas.TripView, summary="Cancel it · 取消输送")
async def cancel_trip(trip_id: UUID, who: PlanTrip, db: Db, reader_of: ReaderOf, if_match: IfMatch = None) -> Response:
    """Everybody is off it, and free for another."""
    async with db.write(who.scope) as session:
        trip = await usecases.cancel_trip(session, who, trip_id, if_match, utc_now())
        return await _answer(session, who, trip, reader_of(who))


@router.post("/{trip_id}/passengers", response_model=schemas.TripView, summary="Give seats · 安排座位")
async def add_passengers(
    trip_id: UUID,
    draft: schemas.PassengersDraft,
    who: FillTrip,
    db: Db,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """For people who have accepted a post and have not arrived; all of them or nobody. 409 `trip-full`."""

    async def work(session: WriteSession) -> Response:
        trip = await usecases.add_passengers(session, who, trip_id, draft.placement_ids, utc_now())
        return await _answer(session, who, trip, reader_of(who))

    return await once(db, who, key, work)


@router.delete("/{trip_id}/passengers/{placement_id}", response_model=schemas.TripView, summary="Free a seat · 退座")
async def remove_passenger(trip_id: UUID, placement_id: UUID, who: FillTrip, db: Db, reader_of: ReaderOf) -> Response:
    """Before the day is past."""
    async with db.write(who.scope) as session:
        trip = await usecases.remove_passenger(session, who, trip_id, placement_id, utc_now())
        return await _answer(session, who, trip, reader_of(who))


@router.post("/{trip_id}/presence", response_model=schemas.TripView, summary="Who got on · 登记到场")
async def mark_presence(
    trip_id: UUID, draft: schemas.PresenceDraft, who: FillTrip, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """From the day of departure on. Who got on is on the way: `accepted` becomes `placed`."""
    told = [(one.placement_id, one.present) for one in draft.passengers]
    async with db.write(who.scope) as session:
        trip = await usecases.mark_presence(session, vault, who, trip_id, told, utc_now())
        return await _answer(session, who, trip, reader_of(who))


@router.get(
    "/{trip_id}/coach-list.xlsx",
    summary="Coach list · 下载乘车名单",
    response_class=StreamingResponse,
    responses=WORKBOOK,
)
async def take_coach_list(trip_id: UUID, who: TakeCoachList, db: Db, vault: Seals, reader_of: ReaderOf) -> Response:
    """Name, phone and village in clear, for the escort and nothing more; in the audit trail with the number of people."""
    reader = reader_of(who)
    async with db.write(who.scope) as session:
        rows = await usecases.take_coach_list(session, who, trip_id)
        names = await find_names_above(session, {row.passenger.area_code for row in rows})
    lines = [
        (
            vault.open(row.person.name_sealed, NAME).decode(),
            vault.open(row.person.phone_sealed, PHONE).decode() if row.person.phone_sealed else None,
            " ".join(reader.area(row.passenger.area_code, names).names[1:]),
        )
        for row in rows
    ]
    headings = [reader.say(code) for code in ("coach-list-name", "coach-list-phone", "coach-list-village")]
    sheet = (reader.say("coach-list-sheet"), headings, [text_frame(lines, len(headings))])
    return WorkbookAnswer(stream_workbook([sheet]), f"coach-list-{trip_id}")


async def _answer(session: ReadSession, who: Principal, trip: Trip, reader: Reader) -> Response:
    rows = await find.list_passengers(session, who.scope, trip.id)
    [view] = await _views(session, [trip], reader)
    names = await find_names_above(session, {row.passenger.area_code for row in rows})
    passengers = [_passenger(row, reader, names) for row in rows]
    return json_answer(view.model_copy(update={"passengers": passengers}), headers={"ETag": etag(trip.version)})


async def _views(session: ReadSession, rows: Sequence[Trip], reader: Reader) -> list[schemas.TripView]:
    names = await find_names_above(session, {row.area_code for row in rows})
    return [_view(row, reader, names) for row in rows]


def _view(row: Trip, reader: Reader, names: dict[str, str]) -> schemas.TripView:
    contact = reader.vault.open_json(row.contact_sealed, CONTACT) if reader.sees_people else None
    return schemas.TripView(
        id=row.id,
        area=reader.area(row.area_code, names),
        from_place=row.from_place,
        to_area=row.to_area,
        departs_on=row.departs_on,
        vehicle=reader.coded("vehicle", row.vehicle),
        seats=row.seats,
        left=row.seats - row.taken,
        contact=contact["name"] if contact else None,
        phone=mask_phone(contact["phone"]) if contact else None,
        state=reader.coded("trip_state", row.state),
    )


def _passenger(row: PassengerRow, reader: Reader, names: dict[str, str]) -> schemas.PassengerView:
    return schemas.PassengerView(
        placement_id=row.placement.id,
        person=reader.person(row.person, local_date(utc_now())),
        area=reader.area(row.passenger.area_code, names),
        state=reader.coded("placement_state", row.placement.state),
        present=row.passenger.present,
    )
