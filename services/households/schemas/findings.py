"""Findings of the audit rules (数据质量问题), and the rules themselves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.households.rules.quality.rule import Severity
from shared.http.fields import Answer, AreaView, Draft


class FindingMember(Answer):
    """The person it is about."""

    id: UUID
    name: str = Field(examples=["张三"])


class FindingHousehold(Answer):
    """The household it is in."""

    id: UUID
    national_code: str | None = Field(examples=["5399211002000001"])
    head_name: str | None = Field(examples=["张三"])
    area: AreaView


class ExplanationView(Answer):
    """Why it is true as it stands. Silent until the values it rests on change."""

    text: str | None = Field(examples=["户主与配偶均已核对身份证，年龄差属实"])
    at: datetime
    by: UUID


class FindingView(Answer):
    """One mistake, and where to mend it. It is gone with the next change that mends it, or in the night after."""

    id: UUID
    rule: str = Field(examples=["head-twice"])
    severity: Severity = Field(description="致命 · 逻辑 · 合理性")
    text: str = Field(examples=["有 2 名户主，只能有一名"])
    field: str = Field(description="Where to mend it · 待整改字段", examples=["member.relation"])
    field_text: str = Field(examples=["与户主关系"])
    mend_at: str = Field(description="Resource with that field · 整改入口", examples=["/households/v1/members/018f…"])
    household: FindingHousehold
    member: FindingMember | None
    policy_id: UUID = Field(description="Version of `quality-rules` it was found by · 依据的规则版本")
    found_at: datetime
    explanation: ExplanationView | None
    mended_at: datetime | None
    mended_by: UUID | None = Field(description="Whose change it was; the system's by night · 整改人")
    version: int


class FindingCount(Answer):
    """Open findings of one rule, or of one village. Those explained away are not among the first three."""

    key: str = Field(description="Code of the rule, or of the village", examples=["head-twice"])
    text: str = Field(description="Its field, or its name", examples=["与户主关系"])
    fatal: int
    logic: int
    plausible: int
    explained: int


class Explanation(Draft):
    """Why a finding is true as it stands. It is stored sealed."""

    reason: str = Field(min_length=4, max_length=1000, examples=["户主与配偶均已核对身份证，年龄差属实"])


class QualityField(Answer):
    """One field a rule looks at."""

    field: str = Field(examples=["member.relation"])
    text: str = Field(examples=["与户主关系"])


class QualityRuleView(Answer):
    """One audit rule. `on`: whether it is asked in that area today."""

    code: str = Field(examples=["head-twice"])
    subject: str = Field(description="Group · 分组", examples=["relations"])
    severity: Severity
    text: str = Field(examples=["有 … 名户主，只能有一名"])
    fields: list[QualityField]
    source: str = Field(description="Wording it was derived from · 规则出处", examples=["Fatal: 户主 missing or >1."])
    on: bool


class QualityRulesView(Answer):
    """The rules, and the numbers that are in force for an area today; without a policy nothing is asked."""

    policy_id: UUID | None
    numbers: dict[str, Any] | None
    rules: list[QualityRuleView]
