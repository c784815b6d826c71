"""The feed calendar, zero reports and contradictions as they are sent and read."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.alerts.rules.feeds import Cadence
from services.alerts.rules.silence import CellState, ContradictionKind
from services.alerts.schemas.fields import FeedCode, Line
from shared.http.fields import Answer, Draft

PeriodName = Annotated[
    str,
    Field(
        min_length=4,
        max_length=10,
        description="`2026-03-02` 日, `2026-03-T1` 旬, `2026-03` 月, `2026-Q1` 季, `2026-S1` 学期 · 报送期",
        examples=["2026-02"],
    ),
]


class ZeroReportDraft(Draft):
    """A bureau's word that a period of a feed had nothing to report (零报告)."""

    feed: FeedCode
    period: PeriodName
    note: Annotated[
        Line | None, Field(max_length=500, repr=False, description="Note · 说明", examples=["本月无新增参保异常"])
    ] = None


class ZeroReportView(Answer):
    """One zero report."""

    id: UUID
    feed: str = Field(examples=["medical.cost"])
    period: str = Field(examples=["2026-02"])
    first: date
    last: date
    due_on: date | None = Field(description="Last day in time; null: nobody waits for it · 报送时限")
    areas: list[str] = Field(
        description="Prefixes of the areas it speaks of; empty text: everywhere", examples=[["539921"]]
    )
    late: bool
    note: str | None = Field(description="Free text; not for supervisors or administrators · 说明")
    reported_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str | None = Field(description="Free text; not for supervisors or administrators · 撤回原因")


class PeriodView(Answer):
    """A period of a feed, and how it stands. `delay_days` counts from the due day to the first word, or to today."""

    period: str = Field(examples=["2026-02"])
    first: date
    last: date
    due_on: date | None
    state: CellState = Field(
        description="pushed 已推送, zero_reported 零报告, silent 静默, pending 未到期, not_expected 无须报送"
    )
    late: bool = Field(description="The first push or zero report came after the due day · 逾期")
    delay_days: int
    pushed: int = Field(description="Alerts that happened in the period and were accepted · 推送条数")
    files: int = Field(description="Files sent for the period, also those of which no row triggered · 文件数")
    new_rows: int = Field(
        description="Rows of these files that trigger and were not known before; 0: all of it was told already"
        " · 文件中新触发行数"
    )
    first_pushed_at: datetime | None
    zero_reported_at: datetime | None
    zero_report_id: UUID | None
    contradictions: int = Field(description="See `/contradictions` · 矛盾数")


class FeedMonthView(Answer):
    """A feed, with the periods that fall due in the month."""

    feed: str = Field(examples=["medical.cost"])
    name: str = Field(examples=["医疗自付费用偏高"])
    cadence: Cadence
    in_month: int = Field(description="Alerts that happened in the month, whatever period they belong to · 本月预警数")
    scheduled: bool = Field(
        description="false: nobody has published the term dates that its periods come from · 已排期"
    )
    periods: list[PeriodView]


class BureauMonth(Answer):
    """A bureau (部门) in a county, or in the asker's part of it. The counts are of periods."""

    area: str = Field(description="Prefix of the county, or of the part in sight", examples=["539921"])
    bureau: str = Field(examples=["medical-insurance"])
    name: str = Field(examples=["医疗保障局"])
    pushed: int
    zero_reported: int
    late: int
    silent: int
    pending: int
    contradictions: int
    feeds: list[FeedMonthView]


class CalendarView(Answer):
    """The feed calendar (报送日历) of a month."""

    month: str = Field(examples=["2026-03"])
    today: date
    bureaus: list[BureauMonth]


class ContradictionView(Answer):
    """A zero report, and an alert that says otherwise."""

    id: UUID
    kind: ContradictionKind = Field(
        description="own_alert 零报告后本类别又推送, confirmed_elsewhere 自主申报、走访或转办核实有风险"
    )
    bureau: str = Field(examples=["medical-insurance"])
    feed: str
    period: str
    zero_report_id: UUID
    zero_reported_at: datetime
    alert_id: UUID
    alert_feed: str = Field(description="Feed of the report in that alert that contradicts · 与零报告矛盾的报送的类别")
    alert_area_code: str
    alert_occurred_on: date = Field(description="When that happened · 该报送的发生日期")
    found_at: datetime
    settled: bool = Field(description="The zero report, or what contradicts it, was withdrawn since · 已消除")
