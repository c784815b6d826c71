"""Alerts as bureaus send and get them. Personal data is masked in every answer, and blind in every repr."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.alerts.rules import Severity, State
from services.alerts.schemas.fields import AreaCode, Draft, Evidence, FeedCode, IsoDate, Line
from shared.contracts.households import Verdict


class PersonDraft(Draft):
    """The person an alert is about."""

    id_number: Annotated[
        str, Field(max_length=40, repr=False, description="GB 11643; 15 digits and disability cards too · 证件号码")
    ]
    name: Annotated[Line, Field(max_length=100, repr=False, description="Name · 姓名")]
    phone: Annotated[
        str | None,
        Field(pattern=r"^[+0-9][0-9 \-]{4,19}$", repr=False, description="Phone · 电话", examples=["15400000017"]),
    ] = None


class HouseholdDraft(Draft):
    """The household an alert is about, where it is no single person's."""

    national_code: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z\-]{4,40}$", repr=False, description="National household code · 户编号")
    ]


class AlertDraft(Draft):
    """One early warning (预警) as a bureau sends it: about a person or a household, never both."""

    feed: FeedCode
    source_ref: Annotated[
        Line | None,
        Field(
            max_length=100,
            description="The bureau's own number of the row, no ID number · 来源编号",
            examples=["JY-2026-0001"],
        ),
    ] = None
    occurred_on: Annotated[
        IsoDate, Field(description="Day it happened, Beijing time · 发生日期", examples=["2026-03-02"])
    ]
    person: PersonDraft | None = None
    household: HouseholdDraft | None = None
    area_code: AreaCode
    severity: Annotated[Severity | None, Field(description="The feed's own when left out · 严重程度")] = None
    evidence: Evidence

    @property
    def subjects(self) -> int:
        """Of how many things it speaks; one is right."""
        return (self.person is not None) + (self.household is not None)

    @property
    def id_number(self) -> str | None:
        """As it was typed."""
        return self.person.id_number if self.person else None


class MaskedPerson(BaseModel):
    """Enough to recognise somebody one knows."""

    id_number: str = Field(examples=["5399**********002X"])
    name: str = Field(examples=["张**"])
    phone: str | None = Field(examples=["154****0017"])


class MaskedHousehold(BaseModel):
    """The last digits of the household's code."""

    national_code: str = Field(examples=["********0017"])


class AlertSummary(BaseModel):
    """One alert in a list."""

    id: UUID
    feed: str = Field(examples=["education.absence"])
    source_ref: str | None = Field(examples=["JY-2026-0001"])
    severity: Severity
    occurred_on: date
    area_code: str = Field(examples=["539921100001"])
    state: State = Field(description="reported 已报送, checking 核查中, answered 已反馈, withdrawn 已撤回")
    reported_at: datetime
    due_at: datetime | None = Field(description="When the check is due · 核查时限")
    verdict: Verdict | None = Field(description="Verdict · 核查结论")


class VerdictView(BaseModel):
    """What the village found."""

    verdict: Verdict
    reason: str | None = Field(description="Free text; withheld from supervisors · 结论说明")
    visited_on: date | None
    answered_at: datetime


class AlertDetail(AlertSummary):
    """One alert whole."""

    person: MaskedPerson | None
    household: MaskedHousehold | None
    evidence: dict[str, Any]
    case_id: UUID | None
    task_id: UUID | None
    answer: VerdictView | None
    batch_id: UUID | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None = Field(description="Free text; withheld from supervisors · 撤回原因")


class Withdrawal(Draft):
    """Why an alert is taken back."""

    reason: Annotated[
        Line, Field(max_length=500, repr=False, description="Reason · 撤回原因", examples=["学校误报，学生已返校"])
    ]
