"""Alerts as bureaus send and get them. Personal data is masked in every answer, and blind in every repr."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from pydantic.config import JsonDict

from services.alerts.rules.alerts import Severity, State
from services.alerts.rules.merging import EvidenceOutcome, Outcome
from services.alerts.schemas.area_alerts import AreaCheckView, AreaDraft, AreaView
from services.alerts.schemas.explanations import Explanation
from services.alerts.schemas.fields import AreaCode, Evidence, FeedCode, IsoDate, Line
from shared.contracts.households import Basis, Verdict
from shared.http.fields import Answer, Draft, PersonName


class PersonDraft(Draft):
    """The person an alert is about."""

    id_number: Annotated[
        str, Field(max_length=40, repr=False, description="GB 11643; 15 digits and disability cards too · 证件号码")
    ]
    name: Annotated[PersonName, Field(max_length=100, repr=False, description="Name · 姓名")]
    phone: Annotated[
        str | None,
        Field(pattern=r"^[+0-9][0-9 \-]{4,19}$", repr=False, description="Phone · 电话", examples=["15400000017"]),
    ] = None


class HouseholdDraft(Draft):
    """The household an alert is about, where it is no single person's."""

    national_code: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z\-]{4,40}$", repr=False, description="National household code · 户编号")
    ]


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


class AlertDraft(Draft):
    """One early warning (预警) as a bureau sends it: about a person, a household or whole areas, one of the three."""

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
    area: AreaDraft | None = None
    area_code: Annotated[
        AreaCode,
        Field(
            default="",
            description="12 digits, GB/T 2260 + GB/T 10114; may be left out with `area` · 行政区划代码，区域预警可不填",
            json_schema_extra=_without_default,
        ),
    ]
    severity: Annotated[Severity | None, Field(description="The feed's own when left out · 严重程度")] = None
    evidence: Evidence

    @property
    def subjects(self) -> int:
        """Of how many things it speaks; one is right."""
        return (self.person is not None) + (self.household is not None) + (self.area is not None)

    @property
    def about_areas(self) -> bool:
        """No person and no household is named."""
        return self.area is not None

    @property
    def id_number(self) -> str | None:
        """As it was typed."""
        return self.person.id_number if self.person else None


class MaskedPerson(Answer):
    """Enough to recognise somebody one knows."""

    id_number: str = Field(examples=["5399**********002X"])
    name: str = Field(examples=["张**"])
    phone: str | None = Field(examples=["154****0017"])


class MaskedHousehold(Answer):
    """The last digits of the household's code."""

    national_code: str = Field(examples=["********0017"])


class AlertSummary(Answer):
    """One alert in a list. Who only sent further evidence of it sees their own first evidence in its place."""

    id: UUID
    feed: str = Field(examples=["education.absence"])
    source_ref: str | None = Field(examples=["JY-2026-0001"])
    severity: Severity
    occurred_on: date
    area_code: str = Field(examples=["539921100001"])
    state: State = Field(
        description="reported 已报送, checking 核查中, answered 已反馈, withdrawn 已撤回, expired 已过期, "
        "dropped 核查已撤销: nobody will look; report again where it still holds"
    )
    reported_at: datetime
    due_at: datetime | None = Field(description="When the check is due · 核查时限")
    verdict: Verdict | None = Field(description="Verdict · 核查结论")


class ReportedAlert(AlertSummary):
    """The alert that a report became or belongs to."""

    outcome: Outcome = Field(
        description="new 新增, reopened 重启, repeated 重复; further evidence: merged 归并, worsened 加重, snoozed 静默"
    )
    snoozed_until: datetime | None = Field(description="The verdict keeps the subject quiet until then · 静默至")


class VerdictView(Answer):
    """What the village found."""

    verdict: Verdict = Field(description="Of an area alert the gravest of its areas' · 区域预警取各村结论中最重的")
    basis: Basis | None = Field(description="visit 入户, phone 电话, known_fact 已知情况; null: not told · 核查依据")
    reason: str | None = Field(description="Free text; not for supervisors or administrators · 结论说明")
    visited_on: date | None
    answered_at: datetime


class SnoozeView(Answer):
    """Why further evidence brings nobody out for now, and until when."""

    verdict: Verdict = Field(description="The verdict that dismissed the alert · 静默原因")
    until: datetime = Field(description="First moment after · 静默至")


class EvidenceView(Answer):
    """One further evidence of an alert."""

    id: UUID
    feed: str = Field(examples=["education.absence"])
    source_ref: str | None = Field(examples=["JY-2026-0002"])
    severity: Severity
    occurred_on: date
    area_code: str = Field(examples=["539921100001"])
    reported_at: datetime
    outcome: EvidenceOutcome = Field(description="merged 归并, worsened 加重, snoozed 静默")
    policy_id: UUID = Field(description="Version of the `alert-merge` policy that said so · 归并规则版本")
    person: MaskedPerson | None
    household: MaskedHousehold | None
    area: AreaView | None = Field(description="The areas it names, of an alert about whole areas · 区域预警")
    evidence: dict[str, Any]
    batch_id: UUID | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None = Field(description="Free text; not for supervisors or administrators · 撤回原因")
    explanation: Explanation = Field(description="What its feed's rule saw in it · 预警依据")


class AlertDetail(AlertSummary):
    """One alert whole."""

    risk_family: str = Field(examples=["education"])
    evidences: int = Field(description="Further evidence in the reader's sight, see `/evidences` · 其他证据数")
    reopens: UUID | None = Field(description="The dismissed alert that this one opened anew · 重启自")
    snooze: SnoozeView | None
    person: MaskedPerson | None
    household: MaskedHousehold | None
    area: AreaView | None = Field(description="For an alert about whole areas · 区域预警")
    areas: list[AreaCheckView] = Field(description="What each of its areas has said · 各村核查情况")
    evidence: dict[str, Any]
    case_id: UUID | None
    task_id: UUID | None
    answer: VerdictView | None
    batch_id: UUID | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None = Field(description="Free text; not for supervisors or administrators · 撤回原因")
    expired_at: datetime | None
    dropped_at: datetime | None = Field(description="When its checks were dropped last · 核查撤销时间")
    explanation: Explanation | None = Field(None, description="Told when one alert is read · 预警依据")


class Withdrawal(Draft):
    """Why an alert, or one row of it, is taken back."""

    source_ref: Annotated[
        Line | None,
        Field(max_length=100, description="Only this row; all of one's own when left out · 仅撤回该来源编号"),
    ] = None
    reason: Annotated[
        Line, Field(max_length=500, repr=False, description="Reason · 撤回原因", examples=["学校误报，学生已返校"])
    ]
