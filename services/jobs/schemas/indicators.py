"""Indicators, targets and priority lists (指标、目标、重点名单): answers only, for nobody sends a figure."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.jobs.schemas.people import PersonBrief
from shared.contracts.jobs_indicator_policies import Per, Unit
from shared.http.fields import Answer, AreaView

Drill = Field(
    description="Address of the names behind it · 名单地址", examples=["/jobs/v1/indicators/transferred/people"]
)
CODE = Field(description="Of the policy `labour-indicators` · 指标代码", examples=["employment-rate"])
TITLE = Field(description="In the reader's language · 名称", examples=["就业率"])
UNIT = Field(description="percent, points (against last year), people, households, yuan · 单位", examples=["percent"])
VALUE = Field(description="In the unit; null out of nobody · 值", examples=[83.0])


class IndicatorView(Answer):
    """What an indicator means: conditions over a person and their row, as the policy in force has them."""

    code: str = CODE
    title: str = TITLE
    unit: Unit = UNIT
    per: Per = Field(description="What is counted: people or households · 统计单位")
    of: str | None = Field(description="Out of whom; null: a plain number · 分母条件", examples=["labour"])
    counted: str = Field(description="Who counts · 分子条件", examples=["employed"])
    could: str | None = Field(description="Who could fill a gap · 可补缺口人员条件", examples=["ready"])
    amount: str | None = Field(description="Field that is averaged · 取平均的字段", examples=["wage"])
    is_list: bool = Field(description="A priority list · 是否重点名单")


class IndicatorsView(Answer):
    """The definitions in force."""

    policy_id: UUID
    definitions: dict[str, str] = Field(description="Of labour, employed and ready · 劳动力、已就业、可转移的定义")
    parameters: dict[str, Any] = Field(description="Ages, days and the like · 参数")
    indicators: list[IndicatorView]


class CountView(Answer):
    """What was counted. For yuan, the numerator is in yuan and the denominator the people it was earned by."""

    value: float | None = VALUE
    numerator: float = Field(description="Counted · 分子", examples=[267900])
    denominator: int | None = Field(description="Out of so many; null: a plain number · 分母", examples=[322700])
    could: int = Field(description="People who could fill the gap · 可补缺口人数", examples=[21400])


class AreaCountView(CountView):
    """Of one area below."""

    area: AreaView


class BoardLine(CountView):
    """One indicator of the board."""

    code: str = CODE
    title: str = TITLE
    unit: Unit = UNIT
    last_year: float | None = Field(
        description="The same month last year; null: no ledger then · 上年同期", examples=[81.2]
    )
    drill: str = Drill
    below: list[AreaCountView] = Field(description="Townships of a county, villages of a township · 下级区划")


class BoardView(Answer):
    """What an area comes to on a day."""

    area: AreaView | None = Field(description="null: everywhere · 区划")
    as_of: date = Field(description="The day it is counted for · 统计日期")
    counted_at: datetime | None = Field(description="Of the oldest counter; null: counted for this answer · 统计时间")
    waiting: int = Field(description="Villages changed since, counted anew in a moment · 待重算的村数", examples=[0])
    people: int = Field(description="Of 15 and older · 15岁及以上人口")
    in_ledger: int = Field(description="Of them with a row of the month · 台账内人数")
    lines: list[BoardLine]


class TargetView(Answer):
    """One target as it stands, and how many people it lacks."""

    code: str = Field(examples=["transferred"])
    title: str = Field(examples=["转移就业人数不低于上年同期"])
    indicator: str = CODE
    unit: Unit = UNIT
    value: float | None = VALUE
    floor: float | None = Field(description="To be reached; null: nothing to compare with · 目标值", examples=[790000])
    reached: bool | None = Field(description="Reckoned before rounding; null: not known · 是否达到")
    gap: float | None = Field(description="What is missing, in `gap_unit` · 差距", examples=[74000])
    gap_unit: Literal["points", "people", "households", "yuan"] = Field(description="points: 百分点")
    people: int | None = Field(
        description="So many more must be counted (fewer where less is better); null: no number of people helps · 差距人数",
        examples=[74000],
    )
    could: int = Field(description="People who could fill it · 可补缺口人数", examples=[21400])
    drill: str | None = Field(description="Address of their names · 可补缺口名单地址")


class TargetsView(Answer):
    """The targets that count for an area on a day."""

    area: AreaView | None
    as_of: date
    waiting: int = Field(description="Villages changed since, counted anew in a moment · 待重算的村数")
    policy_id: UUID = Field(description="Version of `labour-targets` · 目标政策版本")
    targets: list[TargetView]


class NamedView(PersonBrief):
    """One person behind a figure, with what the ledger says on the day that was counted for."""

    area: AreaView = Field(description="Where they are counted · 统计所在村")
    household_class: str = Field(description="户类型", examples=["脱贫户"])
    relocated: bool = Field(description="易地搬迁")
    grade: str | None = Field(description="The county's grade · 县级分级")
    status: str | None = Field(description="out, planned, not_out; null: no row · 就业状态", examples=["not_out"])
    place: str | None = Field(description="county, prefecture, province, outside, abroad · 务工区域")
    trade: str | None = Field(description="GB/T 6565 · 工种")
    wage: float | None = Field(description="Yuan a month · 月工资（元）")
    wants_change: bool | None = Field(description="转岗意愿")
    able: bool | None = Field(description="就业能力")
    willing: bool | None = Field(description="就业意愿")
    reason: str | None = Field(description="For not being out · 未外出原因")
    possible_on: date | None = Field(description="可外出时间")
    days_home: int | None = Field(description="Since the last work ended · 返乡天数")


class ListCountsView(Answer):
    """How many stand on a priority list."""

    code: str = Field(examples=["relocated-unemployed"])
    title: str = Field(examples=["未就业的易迁劳动力"])
    per: Per
    count: int = Field(description="People, or households · 人数或户数")
    drill: str = Drill
    below: list[AreaCountView]


class ListsView(Answer):
    """All priority lists of an area, today."""

    area: AreaView | None
    as_of: date
    waiting: int = Field(description="Villages changed since, counted anew in a moment · 待重算的村数")
    lists: list[ListCountsView]
