"""Organised trips: as entered and as shown."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.jobs.codes import LISTS
from services.jobs.rules.trips import Plan
from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AnyArea, AreaView, CodeView, Draft, Line, Name, Phone

Vehicle = Annotated[str, LISTS["vehicle"].field(), Field(description="输送方式", examples=["coach"])]


class PlanDraft(Draft):
    """A trip as it is planned. The escort is named to the passengers' villages and to nobody else."""

    from_place: Annotated[Line, Field(description="A public place · 出发地", examples=["云岫县客运站"])]
    to_area: Annotated[
        str, Field(pattern=r"^([0-9]{6}|[0-9]{12})$", description="6 or 12 digits · 目的地", examples=["441900"])
    ]
    departs_on: Annotated[date, Field(description="出发日期", examples=["2027-02-20"])]
    vehicle: Vehicle
    seats: Annotated[int, Field(ge=1, le=2000, description="座位数", examples=[45])]
    contact: Annotated[Name, Field(description="The escort, kept sealed · 带队人", examples=["王干部"])]
    phone: Phone

    def plan(self) -> Plan:
        """As the use case takes it."""
        return Plan(self.from_place, self.to_area, self.departs_on, self.vehicle, self.seats, self.contact, self.phone)


class TripDraft(PlanDraft):
    """A new one."""

    area: AnyArea


class PassengersDraft(Draft):
    """Who gets a seat."""

    placement_ids: Annotated[list[UUID], Field(min_length=1, max_length=200, description="安置")]


class PresenceLine(Draft):
    """Whether one of them got on."""

    placement_id: UUID
    present: bool


class PresenceDraft(Draft):
    """Who was there on the day."""

    passengers: Annotated[list[PresenceLine], Field(min_length=1, max_length=500)]


class PassengerView(Answer):
    """A seat, of the caller's own people."""

    placement_id: UUID
    person: PersonBrief
    area: AreaView
    state: CodeView
    present: bool | None = Field(description="null: not told yet · 是否到场")


class TripView(Answer):
    """One trip."""

    id: UUID
    area: AreaView = Field(description="Organised by · 组织单位")
    from_place: str
    to_area: str
    departs_on: date
    vehicle: CodeView
    seats: int
    left: int = Field(description="Seats that are left · 剩余座位")
    contact: str | None = Field(description="The escort · 带队人")
    phone: str | None = Field(description="Masked · 带队人电话", examples=["154****0017"])
    state: CodeView
    passengers: list[PassengerView] | None = Field(None, description="Of the caller's areas; with one trip · 乘车人")
