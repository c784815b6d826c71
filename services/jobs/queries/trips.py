"""Organised trips and their passengers."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from services.jobs.models import Person, Placement, Trip, TripPassenger
from services.jobs.rules.placement_refusals import TripNotFound
from services.jobs.rules.placement_states import BOUND
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing

_MISSED = TripPassenger.present.is_(False)


class PassengerRow(NamedTuple):
    """A seat, for which placement, and whose."""

    passenger: TripPassenger
    placement: Placement
    person: Person


@dataclass(frozen=True, slots=True)
class TripFilter:
    """What a list of trips shall hold; None does not filter."""

    departs_from: date | None = None
    departs_to: date | None = None
    state: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal((Trip.state, self.state))
        if self.departs_from is not None:
            yield Trip.departs_on >= self.departs_from
        if self.departs_to is not None:
            yield Trip.departs_on <= self.departs_to


async def list_trips(
    session: ReadSession, scope: Scope, wanted: TripFilter, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Trip]:
    """Trips that concern the areas, by the day of departure."""
    query = select(Trip).where(_concerns(scope), *wanted.conditions())
    return list(await session.scalars(in_order(query, Trip.departs_on, Trip.id, after=after, limit=limit)))


async def get_trip(session: ReadSession, scope: Scope, trip_id: UUID) -> Trip:
    """One; raises `TripNotFound`."""
    found = (await session.scalars(select(Trip).where(Trip.id == trip_id, _concerns(scope)))).one_or_none()
    return existing(found, TripNotFound)


async def lock_trip(session: WriteSession, scope: Scope, trip_id: UUID) -> Trip:
    """One on which nobody else takes a seat until the commit; raises `TripNotFound`."""
    query = select(Trip).where(Trip.id == trip_id, _concerns(scope)).with_for_update(key_share=True)
    found = (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    return existing(found, TripNotFound)


async def list_passengers(session: ReadSession, scope: Scope, trip_id: UUID) -> Sequence[PassengerRow]:
    """Who has a seat or missed the trip, of the people within the scope, by village."""
    query = _passengers(scope).where(TripPassenger.trip_id == trip_id, or_(TripPassenger.off_at.is_(None), _MISSED))
    rows = await session.execute(query.order_by(TripPassenger.area_code, TripPassenger.id))
    return [PassengerRow(*row) for row in rows]


async def find_seats(session: ReadSession, placement_ids: Collection[UUID]) -> dict[UUID, TripPassenger]:
    """The seats of those placements on whichever trip, by placement."""
    query = select(TripPassenger).where(TripPassenger.placement_id.in_(placement_ids), TripPassenger.off_at.is_(None))
    return {one.placement_id: one for one in await session.scalars(query)}


async def find_missed(
    session: ReadSession, trip_id: UUID, placement_ids: Collection[UUID]
) -> dict[UUID, TripPassenger]:
    """The lines of those who were absent from that trip, and so hold no seat of it, by placement."""
    mine = (TripPassenger.trip_id == trip_id, TripPassenger.placement_id.in_(placement_ids))
    query = select(TripPassenger).where(*mine, TripPassenger.off_at.is_not(None), _MISSED)
    return {one.placement_id: one for one in await session.scalars(query)}


async def list_travellers(session: ReadSession, scope: Scope, trip_id: UUID) -> Sequence[PassengerRow]:
    """Of `list_passengers`, those who have a seat and still go to the post: accepted or placed."""
    rows = await list_passengers(session, scope, trip_id)
    return [row for row in rows if row.passenger.off_at is None and row.placement.state in BOUND]


async def free_seats(session: WriteSession, trip_id: UUID, now: datetime) -> None:
    """Everybody is off the locked trip, also who has moved out of the organiser's areas."""
    await session.execute(select(func.free_trip_seats(trip_id, now)))


async def leave_seat(session: WriteSession, placement_id: UUID, on: date, now: datetime) -> None:
    """Free the seat on a trip of that day or a later one, if the placement has one; locks the trip."""
    await session.execute(select(func.leave_trip_seat(placement_id, on, now)))


async def travelled(session: ReadSession, placement_id: UUID) -> bool:
    """Whether somebody was present on an organised trip to the post."""
    query = select(TripPassenger.id).where(TripPassenger.placement_id == placement_id, TripPassenger.present.is_(True))
    return await session.scalar(query.limit(1)) is not None


def _passengers(scope: Scope) -> Select[TripPassenger, Placement, Person]:
    return (
        select(TripPassenger, Placement, Person)
        .join(Placement, Placement.id == TripPassenger.placement_id)
        .join(Person, Person.id == Placement.person_id)
        .where(within(TripPassenger.area_code, scope))
    )


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """Organised within the scope, or above it."""
    return within(Trip.area_code, scope) | Trip.area_prefix.in_(sorted(scope.above()))
