"""Organised trips (点对点输送): planned, filled, and on the day who was there.

Locked in this order by all: people, placements, the trip. The seats are counted on the trip's own row, for nobody sees
the passengers of other villages.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from services.jobs.models import Trip, TripPassenger
from services.jobs.queries import trips as find
from services.jobs.queries.placements import PlacementRow, lock_placements
from services.jobs.rules.placement_refusals import (
    NotReadyToTravel,
    PassengerAboard,
    PassengerUnknown,
    PlacementNotFound,
    TripFull,
    TripNotYours,
    TripOver,
    TripTooEarly,
)
from services.jobs.rules.placement_states import BOUND, require_move
from services.jobs.rules.trips import Plan
from services.jobs.usecases.placement_clocks import get_clocks
from services.jobs.usecases.placement_history import Step, go
from shared import areas
from shared.areas import AreaCode
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CONTACT = "trip-contact"
"""Purpose under which the escort's name and phone are sealed."""
PLANNED, CANCELLED = "planned", "cancelled"


async def open_trip(
    session: WriteSession, vault: Vault, who: Principal, area_code: AreaCode, plan: Plan, now: datetime
) -> Trip:
    """Plan one for an area and all below it; raises `TripNotYours`, `TripOver` for a day that is past."""
    if not who.scope.covers(area_code):
        raise TripNotYours(field="area")
    trip = Trip(
        id=new_id(),
        area_code=area_code,
        area_prefix=areas.prefix(area_code),
        taken=0,
        state=PLANNED,
        opened_by=who.id,
        opened_at=now,
        version=1,
        updated_at=now,
        **_columns(vault, plan, now),
    )
    session.add(trip)
    await audit.record(session, who, "trip:write", trip.id, area_code=area_code)
    await session.flush()
    return trip


async def change_trip(
    session: WriteSession, vault: Vault, who: Principal, trip_id: UUID, if_match: str | None, plan: Plan, now: datetime
) -> Trip:
    """Another day, vehicle or escort, more or fewer seats; never fewer than are taken: `TripFull`."""
    trip = await _lock_own(session, who, trip_id, if_match)
    _require_planned(trip, local_date(now))
    if plan.seats < trip.taken:
        raise TripFull(field="seats", left=plan.seats - trip.taken)
    for name, value in _columns(vault, plan, now).items():
        setattr(trip, name, value)
    _changed(trip, now)
    await audit.record(session, who, "trip:write", trip.id, area_code=trip.area_code)
    await session.flush()
    return trip


async def cancel_trip(
    session: WriteSession, who: Principal, trip_id: UUID, if_match: str | None, now: datetime
) -> Trip:
    """It does not go: everybody is off it."""
    trip = await _lock_own(session, who, trip_id, if_match)
    _require_planned(trip, local_date(now))
    await find.free_seats(session, trip.id, now)
    trip.state, trip.taken = CANCELLED, 0
    _changed(trip, now)
    await audit.record(session, who, "trip:cancel", trip.id, area_code=trip.area_code)
    await session.flush()
    return trip


async def add_passengers(
    session: WriteSession, who: Principal, trip_id: UUID, placement_ids: Collection[UUID], now: datetime
) -> Trip:
    """Seats for people on the way to a post, all or none; who has one on this trip keeps it, who missed it comes after all.

    Raises `PlacementNotFound`, `NotReadyToTravel`, `PassengerAboard`, `TripFull`, `TripOver`, `TripNotFound`.
    """
    rows = await lock_placements(session, who.scope, placement_ids)
    trip = await find.lock_trip(session, who.scope, trip_id)
    _require_planned(trip, local_date(now))
    seats = await find.find_seats(session, list(rows))
    new: list[PlacementRow] = []
    for placement_id in dict.fromkeys(placement_ids):
        if (row := rows.get(placement_id)) is None:
            raise PlacementNotFound(field="placement_ids")
        if row.placement.state not in BOUND:
            raise NotReadyToTravel(field="placement_ids")
        if (seat := seats.get(placement_id)) is None:
            new.append(row)
        elif seat.trip_id != trip.id:
            raise PassengerAboard(field="placement_ids")
    if trip.taken + len(new) > trip.seats:
        raise TripFull(field="placement_ids", left=trip.seats - trip.taken)
    missed = await find.find_missed(session, trip.id, list(rows))
    for row in new:
        if (line := missed.get(row.placement.id)) is None:
            session.add(_seat(who, trip, row, now))
        else:
            line.off_at = line.present = line.marked_by = line.marked_at = None
    trip.taken += len(new)
    _changed(trip, now)
    await audit.record(session, who, "trip:fill", trip.id, area_code=trip.area_code, count=len(new))
    await session.flush()
    return trip


async def remove_passenger(
    session: WriteSession, who: Principal, trip_id: UUID, placement_id: UUID, now: datetime
) -> Trip:
    """The seat is free again; raises `PassengerUnknown`."""
    rows = await lock_placements(session, who.scope, [placement_id])
    trip = await find.lock_trip(session, who.scope, trip_id)
    _require_planned(trip, local_date(now))
    seat = (await find.find_seats(session, list(rows))).get(placement_id)
    if seat is None or seat.trip_id != trip.id:
        raise PassengerUnknown
    seat.off_at = now
    trip.taken -= 1
    _changed(trip, now)
    await audit.record(session, who, "trip:free", trip.id, area_code=trip.area_code)
    await session.flush()
    return trip


async def mark_presence(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    trip_id: UUID,
    told: Sequence[tuple[UUID, bool]],
    now: datetime,
) -> Trip:
    """Who got on, by placement: they are on the way, so `accepted` becomes `placed`. Who did not, frees the seat.

    Said again it may be corrected, while a seat is left for who was aboard after all: `TripFull`, `PassengerAboard` of
    another trip. Raises `TripTooEarly` before the day, `PassengerUnknown`, `TripOver` when it was cancelled.
    """
    rows = await lock_placements(session, who.scope, [placement_id for placement_id, _ in told])
    trip = await find.lock_trip(session, who.scope, trip_id)
    today = local_date(now)
    if trip.state != PLANNED:
        raise TripOver
    if today < trip.departs_on:
        raise TripTooEarly(on=trip.departs_on.isoformat())
    seats = await find.find_seats(session, list(rows))
    missed = await find.find_missed(session, trip.id, list(rows))
    for placement_id, present in sorted(told, key=lambda one: one[1]):  # seats are freed before they are taken
        line = missed.get(placement_id) or seats.get(placement_id)
        if line is None or line.trip_id != trip.id:
            raise PassengerUnknown(field="present")
        if present and line.off_at is not None and placement_id in seats:
            raise PassengerAboard(field="present")
        _mark(trip, line, who, now, present=present)
        if present and rows[placement_id].placement.state == "accepted":
            await _set_out(session, vault, who, rows[placement_id], trip, now)
    _changed(trip, now)
    count = sum(present for _, present in told)
    await audit.record(session, who, "trip:presence", trip.id, area_code=trip.area_code, present=count, told=len(told))
    await session.flush()
    return trip


async def take_coach_list(session: WriteSession, who: Principal, trip_id: UUID) -> Sequence[find.PassengerRow]:
    """Passengers for the escort's list: names and phones leave the system, so who took them and how many is on record."""
    trip = await find.get_trip(session, who.scope, trip_id)
    rows = await find.list_travellers(session, who.scope, trip.id)
    await audit.record(session, who, "trip:coach-list", trip.id, area_code=trip.area_code, count=len(rows))
    return rows


def _mark(trip: Trip, line: TripPassenger, who: Principal, now: datetime, *, present: bool) -> None:
    """Who was there holds a seat, who was not holds none; raises `TripFull`."""
    if present and line.off_at is not None:
        if trip.taken == trip.seats:
            raise TripFull(field="present", left=0)
        line.off_at = None
        trip.taken += 1
    elif not present and line.off_at is None:
        line.off_at = now
        trip.taken -= 1
    line.present, line.marked_by, line.marked_at = present, who.id, now


async def _set_out(
    session: WriteSession, vault: Vault, who: Principal, row: PlacementRow, trip: Trip, now: datetime
) -> None:
    placement = row.placement
    require_move(placement.state, "placed", "trip")
    clocks = await get_clocks(session, placement.area_code, local_date(now))
    on = max(trip.departs_on, placement.state_since)
    go(
        session,
        vault,
        placement,
        "placed",
        clocks,
        Step("trip", on, who.id, now, None, trip.id, None, clocks.policy_id),
    )


async def _lock_own(session: WriteSession, who: Principal, trip_id: UUID, if_match: str | None) -> Trip:
    trip = await find.lock_trip(session, who.scope, trip_id)
    if not who.scope.covers(trip.area_code):
        raise TripNotYours
    expect_version(if_match, trip.version)
    return trip


def _require_planned(trip: Trip, today: date) -> None:
    if trip.state != PLANNED or trip.departs_on < today:
        raise TripOver


def _columns(vault: Vault, plan: Plan, now: datetime) -> dict[str, object]:
    if plan.departs_on < local_date(now):
        raise TripOver(field="departs_on")
    return {
        "from_place": plan.from_place,
        "to_area": plan.to_area,
        "departs_on": plan.departs_on,
        "vehicle": plan.vehicle,
        "seats": plan.seats,
        "contact_sealed": vault.seal_json({"name": plan.contact, "phone": plan.phone}, CONTACT),
    }


def _seat(who: Principal, trip: Trip, row: PlacementRow, now: datetime) -> TripPassenger:
    return TripPassenger(
        id=new_id(),
        trip_id=trip.id,
        placement_id=row.placement.id,
        area_code=row.placement.area_code,
        added_by=who.id,
        added_at=now,
    )


def _changed(trip: Trip, now: datetime) -> None:
    trip.version += 1
    trip.updated_at = now
