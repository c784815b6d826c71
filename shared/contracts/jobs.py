"""Events of the jobs service (就业): wages by person and month, placements, training, and people who lost their work or
work too young. A person is a keyed hash; what a receiver must read of somebody travels sealed.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Event

Yuan = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Work = Literal["work", "public_post", "other"]
"""Paid work (务工), a public-welfare post (公益性岗位), anything else that is wage (其他工资性收入)."""


class WageReported(Event):
    """What one person earned at one place in one month. A later revision of the same report takes its place."""

    type: ClassVar[str] = "jobs.wage-reported"
    topic: ClassVar[str] = "jobs.wage"
    title_zh: ClassVar[str] = "务工工资已登记"

    report_id: str = Field(
        min_length=1, max_length=80, description="The ledger's own id of person, month and employer; no personal data"
    )
    revision: int = Field(ge=1, description="Of two events on one report the higher one counts, in whichever order")
    person_key: str = Field(description="Keyed hash of the ID number")
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="The month that was worked")
    wage: Yuan = Field(description="Yuan for the month, as it was earned; 0: worked for nothing, or not at all")
    kind: Work = Field(description="`work`, `public_post` or `other`")
    employer_area: str | None = Field(
        description="Where the work is: 6 or 12 digits, `abroad` (境外); null: nobody knows, taken as outside the province"
    )
    withdrawn: bool = Field(description="true: the report was an error; it counts no more")
    reported_at: datetime = Field(description="When the ledger took it in")

    @property
    def key(self) -> str:
        """One person's wages stay in order, within a lane."""
        return self.person_key


class _PlacementEvent(Event):
    topic: ClassVar[str] = "jobs.placement"

    placement_id: UUID = Field(description="The placement (安置)")
    person_key: str = Field(description="Keyed hash of the ID number")
    area_code: str = Field(description="12 digits: the village the person is registered in")

    @property
    def key(self) -> str:
        """One person's placements stay in order."""
        return self.person_key


class PlacementStarted(_PlacementEvent):
    """Somebody arrived at a post that was found here. Heard where a case had asked for work."""

    type: ClassVar[str] = "jobs.placement-started"
    title_zh: ClassVar[str] = "已到岗"

    need_source: str | None = Field(
        description="Where the need came from: `case`, `ledger`, `hand`; null: there was none"
    )
    need_ref: str | None = Field(
        description="`source_ref` of `households.work-needed`, where the need came from a case"
    )
    work_area: str = Field(description="Where the work is: 6 or 12 digits, `abroad` (境外)")
    trade: str | None = Field(description="GB/T 6565")
    wage: Yuan | None = Field(description="Yuan a month that were agreed")
    started_on: date = Field(description="First day at work")
    told_at: datetime = Field(description="When it was entered")


class PlacementEnded(_PlacementEvent):
    """Somebody left the post, or never came."""

    type: ClassVar[str] = "jobs.placement-ended"
    title_zh: ClassVar[str] = "已离岗"

    ended_on: date = Field(description="Last day")
    reason: str = Field(description="Code of the service's list, e.g. `better_post`, `dismissed`, `family`, `health`")
    told_at: datetime = Field(description="When it was entered")


class TrainingCompleted(Event):
    """Somebody finished a course."""

    type: ClassVar[str] = "jobs.training-completed"
    topic: ClassVar[str] = "jobs.training"
    title_zh: ClassVar[str] = "培训已结业"

    enrolment_id: UUID = Field(description="The enrolment (报名)")
    person_key: str = Field(description="Keyed hash of the ID number")
    area_code: str = Field(description="12 digits: the village the person is registered in")
    need_ref: str | None = Field(description="`source_ref` of `households.work-needed`, where a case had asked for it")
    trade: str = Field(description="GB/T 6565")
    certificate: bool = Field(description="Whether a certificate (职业资格或技能等级证书) was issued")
    completed_on: date = Field(description="Last day of the course")
    told_at: datetime = Field(description="When it was entered")

    @property
    def key(self) -> str:
        """One person's training stays in order."""
        return self.person_key


class _FoundEvent(Event):
    topic: ClassVar[str] = "jobs.found"

    finding_id: UUID = Field(description="The finding; the same finding told again changes nothing")
    person_key: str = Field(description="Keyed hash of the ID number")
    area_code: str = Field(description="12 digits: the village the person is registered in")
    name_sealed: str = Field(description='base64; opens (purpose "person.name")')
    id_number_sealed: str = Field(description='base64; opens (purpose "person.id_number")')
    found_in: Literal["ledger", "placement"] = Field(description="Where it was seen")
    noticed_at: datetime = Field(description="When it was noticed")

    @property
    def key(self) -> str:
        """What is found of one person stays in order."""
        return self.person_key


class JoblessAgain(_FoundEvent):
    """Somebody who had work has none, and no other is in sight: an alert of the family employment."""

    type: ClassVar[str] = "jobs.jobless-again"
    title_zh: ClassVar[str] = "务工人员失业返乡"

    since_on: date = Field(description="First day without work")
    reason: str | None = Field(description="Code of the service's list of endings; null: nobody knows")


class MinorWorking(_FoundEvent):
    """Somebody under 16 stands in the ledger or at a post: an alert of the family education."""

    type: ClassVar[str] = "jobs.minor-working"
    title_zh: ClassVar[str] = "未满十六周岁务工"

    age: int = Field(ge=0, le=16, description="Whole years on the day it was seen")
    seen_on: date = Field(description="Day on which the person worked")


EVENTS = (WageReported, PlacementStarted, PlacementEnded, TrainingCompleted, JoblessAgain, MinorWorking)
