"""Whether the books balance."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.alerts.rules.accounting import Channel, FindingKind
from shared.http.fields import Answer


class FeedAccount(Answer):
    """The reports of one feed. `accepted` is the sum of all that follow, and `difference` what is in none of them."""

    feed: str = Field(examples=["education.absence"])
    accepted: int = Field(description="Reports taken · 受理", examples=[120])
    open: int = Field(description="Alerts nobody has answered · 未反馈", examples=[20])
    merged: int = Field(description="Further evidence, no news · 归并", examples=[15])
    worsened: int = Field(description="Further evidence, worse · 加重", examples=[3])
    snoozed: int = Field(description="No worse than what was dismissed · 静默", examples=[2])
    answered: int = Field(description="Alerts with a verdict · 已反馈", examples=[76])
    withdrawn: int = Field(description="Taken back · 撤回", examples=[3])
    expired: int = Field(description="Nobody answered in time · 过期", examples=[1])
    dropped: int = Field(description="The check was dropped, no verdict will come · 核查已撤销", examples=[0])
    difference: int = Field(description="In no place; 0 · 差额", examples=[0])
    difference_ids: list[UUID] = Field(description="Those in no place, 100 at most · 差额明细", examples=[[]])


class ChannelAccount(Answer):
    """What was counted when it was taken, apart from the alerts, against what is there."""

    channel: Channel = Field(description="One by one, in batches, in files · 单条, 批量, 文件")
    counted: int = Field(description="Reports taken, as counted then · 受理时计数", examples=[120])
    kept: int = Field(description="Of those, reports that are there · 现存条数", examples=[120])
    difference: int = Field(description="Lost; 0 · 差额", examples=[0])
    difference_ids: list[UUID] = Field(
        description="Of the reports that are lost, or the batches and files whose rows are, 100 at most · 差额明细",
        examples=[[]],
    )


class FindingView(Answer):
    """An open alert that the service with the tasks sees otherwise."""

    alert_id: UUID
    feed: str = Field(examples=["education.absence"])
    kind: FindingKind = Field(description="missing 未收到, told again; answered 已有结论, told again")
    first_found_at: datetime
    last_found_at: datetime


class Accounting(Answer):
    """Reports taken in a span of days, by feed, and what the nightly check found of open alerts."""

    first_day: date = Field(description="Beijing time, inclusive · 起始日期")
    last_day: date = Field(description="Inclusive · 截止日期")
    feeds: list[FeedAccount]
    channels: list[ChannelAccount] = Field(
        description="Batches and files received in those days, single reports taken in them · 按渠道核对"
    )
    findings: list[FindingView] = Field(description="The oldest 200 at most · 对账发现")
    checked_at: datetime | None = Field(description="When households was asked last · 上次对账时间")
