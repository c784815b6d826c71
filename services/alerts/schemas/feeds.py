"""Feeds as they are made, changed and read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.alerts.rules.alerts import Severity
from services.alerts.rules.evidence import Kind
from services.alerts.rules.feeds import Cadence, Reporter, Subject
from services.alerts.schemas.fields import Line
from shared.http.fields import Answer, Draft

_COLUMNS_EXAMPLE = [
    {"field": "person.id_number", "headers": ["身份证号码", "证件号码"], "required": True},
    {"field": "person.name", "headers": ["姓名"], "required": True},
    {"field": "self_pay", "headers": ["个人自付", "自付金额"], "required": True},
]
_SCHEMA_EXAMPLE = {
    "type": "object",
    "required": ["self_pay"],
    "additionalProperties": False,
    "properties": {
        "self_pay": {"title": "个人自付金额（元） · self-paid amount in yuan", "type": "number", "minimum": 0}
    },
}

Text = Annotated[Line, Field(min_length=1, max_length=100)]
NewCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$",
        max_length=80,
        description="Code: a bureau's field and what is warned of; it never changes · 类别代码",
        examples=["medical.cost"],
    ),
]
BureauCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{1,63}$",
        description="Code of the organisation in the directory · 单位代码",
        examples=["medical-insurance"],
    ),
]


class Names(Draft):
    """A name in both languages."""

    zh: Text = Field(examples=["医疗自付费用偏高"])
    en: Text = Field(examples=["High medical self-pay"])


class Bureau(Names):
    """Who owes the reports."""

    code: BureauCode


class ColumnDraft(Draft):
    """One column of the bureau's export, and the field it fills."""

    field: Annotated[
        Line,
        Field(
            max_length=100,
            description="A field of the evidence, or `person.id_number` `person.name` `person.phone` "
            "`household.national_code` `area_code` `area_name` `occurred_on` `source_ref` · 字段",
        ),
    ]
    headers: list[Annotated[Line, Field(min_length=1, max_length=60)]] = Field(
        min_length=1, max_length=20, description="The heading, and others that mean the same · 表头及同义表头"
    )
    required: bool = Field(False, description="A row without it is refused · 是否必填")
    type: Kind | None = Field(None, description="Follows from the field when left out · 类型")
    values: dict[
        Annotated[Line, Field(min_length=1, max_length=100)], Annotated[Line, Field(min_length=1, max_length=100)]
    ] = Field(
        {},
        max_length=200,
        description="Of a field with a list of choices, or of yes and no (是, 否): other words for them · 取值对照",
        examples=[{"1": "一级"}],
    )


class FeedContent(Draft):
    """A feed (预警类别) but for its code: what a change replaces as a whole."""

    bureau: Bureau
    name: Names
    risk_family: str = Field(max_length=60, description="Kind of risk · 风险类别", examples=["medical"])
    default_severity: Severity = Field(description="Where neither a report nor a rule says otherwise · 默认严重程度")
    subject: Subject = Field("person", description="Whom a warning is about · 预警对象")
    cadence: Cadence = Field(description="How often the bureau owes a report · 报送周期")
    due_day: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Day after the end of the period by which it is due; none for events · 报送时限（天）",
    )
    grace_days: int = Field(0, ge=0, le=60, description="Days after that until it is late · 宽限天数")
    expires_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="An alert that nobody answered in so many days has no meaning any more · 有效天数",
    )
    reporters: list[Reporter] = Field(
        ["bureau"], min_length=1, max_length=4, description="Which roles may report it · 可报送角色"
    )
    columns: list[ColumnDraft] = Field(
        [], max_length=60, description="Of the bureau's export; none: no files · 列对照", examples=[_COLUMNS_EXAMPLE]
    )
    evidence_schema: dict[str, Any] = Field(
        description="JSON Schema 2020-12: one flat object; each field with one type, a bilingual title and bounds "
        "· 证据格式",
        examples=[_SCHEMA_EXAMPLE],
    )
    source: Annotated[
        Line | None,
        Field(
            max_length=500,
            description="Where the feed and its thresholds are from · 依据",
            examples=["某县文件 · a county's paper"],
        ),
    ] = None

    @model_validator(mode="after")
    def _each_reporter_once(self) -> Self:
        if len(set(self.reporters)) != len(self.reporters):
            raise PydanticCustomError("feed-reporter-twice", "a reporter is named twice")
        return self


def saved_content(saved: Mapping[str, Any]) -> FeedContent:
    """What was saved, shown as it is: today's checks may be stricter than those of its day."""
    return FeedContent.model_construct(
        **{name: value for name, value in saved.items() if name not in ("bureau", "name", "columns")},
        bureau=Bureau.model_construct(**saved["bureau"]),
        name=Names.model_construct(**saved["name"]),
        columns=[ColumnDraft.model_construct(**column) for column in saved["columns"]],
    )


class NewFeed(FeedContent):
    """A feed to be made."""

    code: NewCode


class ColumnView(Answer):
    """One column of the bureau's export, and the field it fills."""

    field: str = Field(examples=["self_pay"])
    headers: list[str] = Field(examples=[["个人自付", "自付金额"]])
    required: bool
    type: Kind
    values: dict[str, str]


class FeedView(Answer):
    """A kind of alert, with the JSON Schema (2020-12) its evidence must satisfy."""

    code: str = Field(examples=["education.absence"])
    bureau: str = Field(examples=["教育体育局"])
    bureau_code: str = Field(examples=["education"])
    name: str = Field(examples=["学生缺课（疑似辍学）"])
    risk_family: str = Field(examples=["education"])
    default_severity: Severity
    subject: Subject
    cadence: Cadence
    due_day: int | None = Field(description="Day after the end of the period · 报送时限（天）")
    grace_days: int
    expires_days: int | None
    reporters: list[Reporter]
    columns: list[ColumnView]
    evidence_schema: dict[str, Any]
    source: str | None
    version: int = Field(description="Also in `ETag` · 版本")
    active: bool
    changed_at: datetime


class FeedDetail(FeedView):
    """One feed, and what a change of it would have to send."""

    content: FeedContent


class FeedVersionView(Answer):
    """What a feed was from `changed_at` on."""

    version: int
    active: bool
    content: FeedContent
    changed_by: UUID = Field(description="Account; the nil UUID for what was shipped · 修改人")
    changed_at: datetime
