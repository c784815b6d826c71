"""Measures (帮扶措施), the plan they make, and the check before a risk is called gone."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.households.codes import LISTS
from services.households.models import MeasureState
from shared.http.fields import Answer, Draft, Name, Paragraph, Phone

Risk = Annotated[str, LISTS["risk"].field(), Field(description="Against which risk · 针对风险", examples=["01"])]
Kind = Annotated[str, LISTS["measure_kind"].field(), Field(description="Kind · 措施类型", examples=["health"])]
SubKind = Annotated[
    str, LISTS["measure_sub_kind"].field(), Field(description="Sub-kind · 措施子类", examples=["health.aid"])
]
Tag = Annotated[str, LISTS["measure_tag"].field(), Field(description="增, 降 or 补", examples=["reduce"])]
Bureau = Annotated[
    str, LISTS["bureau"].field(), Field(description="Who owes it · 责任部门", examples=["civil_affairs"])
]
Manner = Annotated[
    Literal["helped", "natural"], Field(description="By help, or by itself · 帮扶消除或自然消除", examples=["helped"])
]
Yuan = Annotated[
    Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="Yuan · 金额（元）", examples=[5000])
]
Quota = Annotated[int, Field(ge=1, le=1000, description="Places or posts · 名额", examples=[1])]


class MeasureDraft(Draft):
    """A measure as it is planned."""

    risk: Risk
    kind: Kind
    sub_kind: SubKind | None = None
    tag: Tag
    bureau: Bureau
    content: Annotated[
        Paragraph, Field(description="What for whom, kept sealed · 措施内容", examples=["住院费用医疗救助"])
    ]
    amount: Yuan | None = None
    quota: Quota | None = None
    planned_on: Annotated[date, Field(description="Not before the case was opened · 计划日期", examples=["2026-03-10"])]
    due_on: Annotated[date, Field(description="Last day · 应落实日期", examples=["2026-04-10"])]
    member_id: Annotated[UUID | None, Field(description="For whom of the household: work, training · 帮扶对象")] = None


class DeliveryDraft(Draft):
    """A measure was delivered."""

    delivered_on: Annotated[date, Field(description="Day · 落实日期", examples=["2026-04-02"])]
    proof: Annotated[
        Paragraph, Field(description="How one knows, kept sealed · 佐证", examples=["一卡通到账，凭证已留存"])
    ]
    amount: Yuan | None = None
    quota: Quota | None = None


class MeasureEnding(Draft):
    """Why a measure failed, or is withdrawn."""

    reason: Annotated[Paragraph, Field(description="Kept sealed · 原因", examples=["录入错误"])]


class MeasureView(Answer):
    """One measure."""

    id: UUID
    case_id: UUID
    round: int
    risk: str = Field(examples=["01"])
    risk_text: str = Field(examples=["因病"])
    kind: str = Field(examples=["health"])
    kind_text: str = Field(examples=["健康帮扶"])
    sub_kind: str | None
    sub_kind_text: str | None
    tag: str = Field(examples=["reduce"])
    tag_text: str = Field(examples=["降支出"])
    bureau: str = Field(examples=["civil_affairs"])
    bureau_text: str = Field(examples=["民政局"])
    content: str | None = Field(description="Hidden from supervisors · 内容")
    amount: float | None = Field(description="Yuan · 元")
    quota: int | None
    planned_on: date
    due_on: date
    overdue: bool = Field(description="Planned, and its last day has passed · 是否超期")
    delivered_on: date | None
    proof: str | None = Field(description="Hidden from supervisors · 佐证")
    state: MeasureState
    state_text: str = Field(examples=["计划"])
    reason: str | None = Field(description="Hidden from supervisors · 未落实或撤销原因")
    member_id: UUID | None = Field(description="For whom of the household · 帮扶对象")
    source_ref: str | None = Field(
        description="What delivered it, e.g. a placement · 落实来源", examples=["jobs:01985b2e"]
    )
    fits: bool = Field(description="Counts for its risk by `measure-fit` · 是否与风险匹配")
    policy_id: UUID | None
    version: int
    updated_at: datetime


class PlanView(Answer):
    """One household, one plan (一户一策), as text to print."""

    text: str = Field(description="Plain text, Chinese · 文本")
    measures: int
    unmet: list[str] = Field(description="What the plan lacks, in words · 尚缺内容")


class ContactDraft(Draft):
    """Who keeps in touch with the household (监测联系人)."""

    name: Name
    phone: Phone


class EliminationCheckDraft(Draft):
    """What somebody found before a risk is called gone (消除核查)."""

    checked_on: Annotated[date, Field(description="Day · 核查日期", examples=["2026-10-12"])]
    income_stable: Annotated[bool, Field(description="For half a year at least · 收入是否持续稳定")]
    spending_solved: Annotated[bool, Field(description="Great rigid spending solved · 大额刚性支出是否解决")]
    manner: Manner
    contact: ContactDraft | None = None
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 说明")] = None


class EliminationCheckView(Answer):
    """One check before elimination."""

    id: UUID
    case_id: UUID
    round: int
    checked_on: date
    income_stable: bool
    spending_solved: bool
    manner: str = Field(examples=["helped"])
    manner_text: str = Field(examples=["帮扶消除"])
    has_contact: bool = Field(description="Somebody keeps in touch · 是否有监测联系人")
    contact_name: str | None = Field(description="Hidden from supervisors · 联系人")
    contact_phone: str | None = Field(description="Masked · 联系电话", examples=["154****0017"])
    note: str | None = Field(description="Hidden from supervisors · 说明")
    recorded_by: UUID
    recorded_at: datetime
