"""Verdicts, as a bureau's system reads them one after the other."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.households import Basis, Verdict
from shared.http.fields import Answer


class VerdictNoticeView(Answer):
    """The verdict on one report. The newest one on a report counts."""

    alert_id: UUID
    feed: str = Field(examples=["medical.cost"])
    source_ref: str | None = Field(description="The bureau's own number of the row · 来源编号", examples=["YB-77"])
    area_code: str = Field(examples=["539921100001"])
    verdict: Verdict = Field(description="Verdict · 核查结论")
    basis: Basis | None = Field(description="visit 入户, phone 电话, known_fact 已知情况; null: not told · 核查依据")
    reason: str | None = Field(description="Free text; not for supervisors or administrators · 结论说明")
    visited_on: date | None
    answered_at: datetime


class VerdictPage(Answer):
    """Verdicts in the order in which they came."""

    items: list[VerdictNoticeView]
    next: str | None = Field(
        description="Give it as `after` next time, also when `items` is empty; keep it · 下次请求的 after，需保存"
    )
    more: bool = Field(description="There are further ones now · 是否还有")
