"""Verdicts, and ends without one, as a bureau's system reads them one after the other."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.alerts.rules.alerts import Ending
from shared.contracts.households import Basis, Verdict
from shared.http.fields import Answer


class VerdictNoticeView(Answer):
    """How one report has ended: with a verdict, or without one. The newest notice of a report counts."""

    alert_id: UUID
    feed: str = Field(examples=["medical.cost"])
    source_ref: str | None = Field(description="The bureau's own number of the row · 来源编号", examples=["YB-77"])
    area_code: str = Field(examples=["539921100001"])
    state: Ending = Field(
        description="answered 已反馈; without a verdict: expired 已过期, nobody has answered in time; dropped 核查已撤销, "
        "nobody will look: report again where it still holds"
    )
    verdict: Verdict | None = Field(description="Verdict; null unless answered · 核查结论")
    basis: Basis | None = Field(description="visit 入户, phone 电话, known_fact 已知情况; null: not told · 核查依据")
    reason: str | None = Field(description="Free text; not for supervisors or administrators · 结论说明")
    visited_on: date | None
    answered_at: datetime | None
    ended_at: datetime | None = Field(description="When it ended without a verdict · 未核查而终结的时间")


class VerdictPage(Answer):
    """Verdicts, and ends without one, in the order in which they came."""

    items: list[VerdictNoticeView]
    next: str | None = Field(
        description="Give it as `after` next time, also when `items` is empty; keep it · 下次请求的 after，需保存"
    )
    more: bool = Field(description="There are further ones now · 是否还有")
