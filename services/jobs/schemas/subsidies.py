"""Subsidies and the move-up queue: as entered and as shown."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.jobs.codes import LISTS
from services.jobs.schemas.fields import Trade
from services.jobs.schemas.people import PersonBrief
from shared.http.fields import Answer, AreaView, CodeView, Draft, Paragraph, PastDay

Amount = Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2, description="Yuan · 元", examples=["1000.00"])]
SubsidyRefusal = Annotated[str, LISTS["subsidy_refusal"].field(), Field(description="退回原因", examples=["no_proof"])]


class ClaimDraft(Draft):
    """A claim for somebody."""

    person_id: UUID
    rule: Annotated[str, Field(max_length=40, description="Of the policy · 补助规则", examples=["outside-province"])]
    amount: Amount
    wage_proof: Annotated[bool, Field(description="A proof of the wage is at hand · 有工资证明")] = False
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 说明")] = None


class DecisionDraft(Draft):
    """What became of a claim."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "paid", "on": "2026-11-20", "amount": "1000.00"}]}
    )

    state: Literal["paid", "refused"]
    on: PastDay
    amount: Annotated[Amount | None, Field(description="Paid; as claimed unless given · 实发金额")] = None
    reason: SubsidyRefusal | None = None

    @model_validator(mode="after")
    def _reason_of_refusal(self) -> Self:
        if (self.state == "refused") != (self.reason is not None) or (self.state == "refused" and self.amount):
            raise PydanticCustomError("reason-of-refusal", "a reason for a refusal, and only then")
        return self


class DueView(Answer):
    """A subsidy that somebody could claim and has not."""

    person: PersonBrief
    area: AreaView
    kind: CodeView
    rule: str
    work_area: str | None
    started_on: date | None
    most: Decimal = Field(description="Yuan at most · 最高金额（元）", examples=["1000.00"])


class DueSum(Answer):
    """How much is left unclaimed in an area."""

    area: AreaView
    kind: CodeView
    people: int
    most: Decimal = Field(description="Yuan at most · 最高合计（元）", examples=["128000.00"])


class DueReport(Answer):
    """By area and kind, and all together."""

    items: list[DueSum]
    people: int = Field(description="Claims that could be made · 可申报笔数")
    most: Decimal = Field(description="Yuan at most · 最高合计（元）")


class ClaimView(Answer):
    """One claim."""

    id: UUID
    person: PersonBrief
    area: AreaView
    kind: CodeView
    rule: str
    year: int
    amount: Decimal
    wage_proof: bool
    state: CodeView
    reason: CodeView | None
    claimed_on: date
    decided_on: date | None
    paid: Decimal | None
    note: str | None


class QueueView(Answer):
    """Somebody who should have a better post."""

    person: PersonBrief
    area: AreaView
    urgency: int = Field(description="The higher the sooner · 紧迫程度", examples=[55])
    reasons: list[CodeView]
    work_area: str | None
    trade: CodeView | None
    work_kind: str | None = Field(description="odd, strength, skilled · 零工/体能型/技能型")
    wage: Decimal | None = Field(description="Yuan a month · 元/月")
    median: Decimal | None = Field(description="What the county's people earn in the trade · 本县同工种中位数")
    started_on: date | None


class MoveUpDraft(Draft):
    """What somebody would rather do."""

    trades: Annotated[tuple[Trade, ...], Field(max_length=10, description="GB/T 6565 · 意向工种")] = ()
