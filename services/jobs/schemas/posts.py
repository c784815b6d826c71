"""Posts: as entered, changed and shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.jobs.codes import LISTS
from services.jobs.models import PostState
from services.jobs.rules import places
from services.jobs.rules.posts import Terms
from services.jobs.schemas.employers import EmployerBrief
from services.jobs.schemas.fields import Sex, Trade
from shared.http.fields import Answer, CodeView, Draft, Line
from shared.http.problems import RowProblem


def _place(entered: str) -> str:
    try:
        return places.normalise(entered)
    except places.InvalidPlace as wrong:
        raise PydanticCustomError(wrong.code, "not a place of work") from None


Place = Annotated[
    str,
    Field(max_length=20),
    AfterValidator(_place),
    Field(description='Area code to county level or below, or "abroad" · 地点', examples=["441900000000"]),
]
Shift = Annotated[str, LISTS["shift"].field(), Field(description="班次", examples=["day"])]
Demand = Annotated[
    str, LISTS["physical_demand"].field(), Field(description="GBZ/T 189.10 · 体力劳动强度", examples=["medium"])
]
Health = Annotated[str, LISTS["health"].field()]
CloseReason = Annotated[str, LISTS["post_closed_reason"].field(), Field(description="关闭原因", examples=["withdrawn"])]
Pay = Annotated[
    Decimal, Field(gt=0, lt=100_000, decimal_places=2, description="Yuan a month · 元/月", examples=["4500.00"])
]
Age = Annotated[int, Field(ge=0, le=99)]
Reason = Annotated[
    str, Field(pattern="^[a-z][a-z0-9_]{1,39}$", description="Of the policy `post-rules` · 法定依据代码")
]

_TERMS_EXAMPLE: dict[str, JsonValue] = {
    "trade": "61804",
    "title": "五金装配工",
    "place": "441900",
    "openings": 20,
    "pay_low": "5500.00",
    "pay_high": "7500.00",
    "lodging": True,
    "shift": "rotating",
    "physical_demand": "medium",
}


class TermsDraft(Draft):
    """What an employer offers and asks for. A bar by sex or age needs a ground in law, else it is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TERMS_EXAMPLE]})

    trade: Trade
    title: Line = Field(description="岗位名称", examples=["冲压工"])
    place: Place
    openings: Annotated[int, Field(ge=1, le=100_000, description="招聘人数", examples=[20])]
    pay_low: Pay
    pay_high: Pay
    lodging: bool = Field(False, description="提供住宿")
    shift: Shift = "day"
    hazardous: bool = Field(False, description="Forbidden under 18 · 有毒有害或危险作业")
    physical_demand: Demand | None = None
    age_low: Age | None = Field(None, description="Up to 18 without a reason · 最低年龄")
    age_high: Age | None = Field(None, description="最高年龄")
    age_reason: Reason | None = Field(None, examples=["special_work"])
    sex: Sex | None = None
    sex_reason: Reason | None = Field(None, examples=["forbidden_for_women"])
    certificates: Annotated[
        tuple[Trade, ...], Field(max_length=10, description="Trades a certificate is asked for · 证书要求")
    ] = ()
    health_limits: Annotated[
        tuple[Health, ...], Field(max_length=4, description="States of health the work is not for · 健康限制")
    ] = ()
    until_on: date | None = Field(None, description="Last day · 招聘截止日期")

    @model_validator(mode="after")
    def _pay_in_order(self) -> "TermsDraft":
        if self.pay_low > self.pay_high:
            raise PydanticCustomError("pay-order", "the lower pay is above the higher")
        return self

    def terms(self) -> Terms:
        """As the rules take them."""
        return Terms(**{name: getattr(self, name) for name in TermsDraft.model_fields})


class PostDraft(TermsDraft):
    """A post as somebody enters it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"employer_id": "01985b2e-0000-7000-8000-000000000001", "ref": "DG-7", **_TERMS_EXAMPLE}]
        }
    )

    employer_id: UUID
    ref: Annotated[Line | None, Field(max_length=60, description="The employer's own number · 岗位编号")] = None


class PostEnd(Draft):
    """Why a post closes."""

    reason: CloseReason


class PostView(Answer):
    """One post."""

    id: UUID
    employer: EmployerBrief
    ref: str | None
    trade: CodeView
    title: str
    place: str = Field(description='12 digits or "abroad" · 工作地', examples=["441900000000"])
    openings: int = Field(description="招聘人数")
    filled: int = Field(description="People placed · 已上岗")
    reserved: int = Field(description="Kept for people in training · 培训预留")
    free: int = Field(description="剩余名额")
    pay_low: Decimal
    pay_high: Decimal
    lodging: bool
    shift: CodeView
    hazardous: bool
    physical_demand: CodeView | None
    age_low: int | None
    age_high: int | None
    age_reason: str | None
    sex: CodeView | None
    sex_reason: str | None
    certificates: list[CodeView]
    health_limits: list[CodeView]
    until_on: date | None
    state: PostState
    state_text: str = Field(examples=["招聘中"])
    closed_reason: CodeView | None
    closed_at: datetime | None
    policy_id: UUID | None = Field(description="The version of `post-rules` it was looked at by · 依据的政策版本")
    source: str = Field(description="hand, file")
    recorded_at: datetime
    changed_at: datetime


class PostImportReport(Answer):
    """What a file did, or would do."""

    dry_run: bool
    added: int = Field(description="新增岗位")
    changed: int = Field(description="变更岗位")
    unchanged: int = Field(description="无变化")
    new_employers: int = Field(description="新增用人单位")
    failed: int = Field(description="Rows left out · 未导入行数")
    errors: list[RowProblem] = Field(description="The first 1,000 · 前1000条错误")
    error_count: int
