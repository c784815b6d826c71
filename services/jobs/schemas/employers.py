"""Employers: as entered and as shown."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.jobs.codes import LISTS
from services.jobs.rules import credit_codes
from services.jobs.rules.employers import EmployerFacts
from shared.http.fields import Answer, AnyArea, CodeView, Draft, Line, Name, Paragraph, Phone


def _credit_code(entered: str) -> str:
    try:
        return credit_codes.normalise(entered)
    except credit_codes.InvalidCreditCode as wrong:
        raise PydanticCustomError(wrong.code, "not a credit code") from None


CreditCode = Annotated[
    str,
    Field(max_length=40),
    AfterValidator(_credit_code),
    Field(description="GB 32100, check digit included · 统一社会信用代码", examples=["91110000600037341L"]),
]
EmployerKind = Annotated[str, LISTS["employer_kind"].field(), Field(description="单位类别", examples=["company"])]
BlacklistReason = Annotated[
    str, LISTS["blacklist_reason"].field(), Field(description="列入原因", examples=["unpaid_wages"])
]


class EmployerDraft(Draft):
    """An employer as somebody enters it."""

    name: Line = Field(description="Name · 单位名称", examples=["东莞市示例五金有限公司"])
    kind: EmployerKind
    credit_code: CreditCode | None = None
    area_code: AnyArea | None = Field(None, description="Where it stands · 所在地", examples=["441900000000"])
    contact: Name | None = Field(None, description="Kept sealed · 联系人")
    phone: Phone | None = Field(None, description="Kept sealed · 联系电话")

    def facts(self) -> EmployerFacts:
        """As the use case takes it."""
        return EmployerFacts(**dict(self))


class BlacklistDraft(Draft):
    """Why nobody shall be sent there any more."""

    reason: BlacklistReason
    detail: Paragraph = Field(description="What happened; kept sealed · 具体情况")


class ClearDraft(Draft):
    """Why people may be sent there again."""

    detail: Paragraph = Field(description="What was put right; kept sealed · 移出理由")


class EmployerBrief(Answer):
    """An employer, beside its posts."""

    id: UUID
    name: str = Field(examples=["东莞市示例五金有限公司"])
    credit_code: str | None = Field(description="统一社会信用代码")
    blacklisted: bool = Field(description="是否在黑名单")


class EmployerView(EmployerBrief):
    """One employer."""

    kind: CodeView
    area_code: str | None = Field(description="所在地区划代码")
    contact: str | None = Field(description="Not for supervisors · 联系人")
    phone: str | None = Field(description="Masked for supervisors · 联系电话")
    blacklisted_reason: CodeView | None = Field(description="列入黑名单原因")
    blacklisted_at: datetime | None
    changed_at: datetime


class BlacklistingView(Answer):
    """That an employer was on the blacklist."""

    reason: CodeView
    detail: str | None = Field(description="Not for supervisors · 具体情况")
    closed_posts: int = Field(description="Posts that closed with it · 关闭岗位数")
    began_at: datetime
    began_by: UUID
    ended_at: datetime | None
    ended_by: UUID | None
    end_detail: str | None = Field(description="移出理由")
