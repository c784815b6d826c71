"""Organised trips (点对点输送) and who has a seat."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class Trip(Base):
    """One journey, organised by a county or township for itself and all below it.

    `area_prefix` is the organiser's code without the zeros at its end: who lies below it sees the trip and fills seats,
    and only their own passengers. `taken` counts all of them. The escort's name and phone are sealed ("trip-contact").
    """

    __tablename__ = "trip"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= seats", name="seats"),
        Index("ix_trip_departs", "departs_on", "id"),
        Index("ix_trip_area", "area_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    area_prefix: Mapped[str]
    from_place: Mapped[str]  # a public place, e.g. a coach station
    to_area: Mapped[str]  # 6 or 12 digits
    departs_on: Mapped[date]
    vehicle: Mapped[str]
    seats: Mapped[int] = mapped_column(SmallInteger)
    taken: Mapped[int] = mapped_column(SmallInteger)
    contact_sealed: Mapped[bytes]
    state: Mapped[str]  # planned | cancelled
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class TripPassenger(Base):
    """A seat for somebody who is on the way to a post. `present` is told on the day; null: not yet.

    Who was taken off, was absent, or whose trip was cancelled, keeps the row with `off_at`: only one without it holds a
    seat.
    """

    __tablename__ = "trip_passenger"
    __table_args__ = (
        ForeignKeyConstraint(
            ["placement_id", "area_code"], ["placement.id", "placement.area_code"], onupdate="CASCADE"
        ),
        Index("ix_trip_passenger_trip", "trip_id", "id"),
        Index("uq_trip_passenger_seat", "placement_id", unique=True, postgresql_where=text("off_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    trip_id: Mapped[UUID] = mapped_column(ForeignKey("trip.id"))
    placement_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    added_by: Mapped[UUID]
    added_at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    present: Mapped[bool | None]
    marked_by: Mapped[UUID | None]
    marked_at: Mapped[datetime | None]
