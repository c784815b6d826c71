"""Screening rules as they are published, read and tried."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.alerts.rules.alerts import Severity
from services.alerts.schemas.alerts import MaskedHousehold, MaskedPerson
from services.alerts.schemas.explanations import ReasonView
from services.alerts.schemas.fields import Day, FeedCode
from shared.areas import InvalidAreaCode, normalise, prefix
from shared.contracts.households import Verdict
from shared.http.fields import Answer, Draft

_WHEN = "self_pay >= :line_poor AND is_registered_poor OR self_pay >= :line_other"
_LEVELS = [{"severity": "medium", "when": _WHEN}]
_PARAMETERS = {"line_poor": 5000, "line_other": 20000}


def _prefix(text: str) -> str:
    if not text:
        return ""
    try:
        return prefix(normalise(text))
    except InvalidAreaCode as error:
        # The code is one of three of ours; the message is looked up by it.
        raise PydanticCustomError(error.code, "area code") from None


AreaPrefix = Annotated[
    str,
    AfterValidator(_prefix),
    Field(max_length=20, description="Code or prefix; empty: everywhere · 适用区划，空为全部", examples=["539921"]),
]
Parameter = bool | int | float | str
Parameters = Annotated[
    dict[str, Parameter],
    Field(
        description="By name; a text YYYY-MM-DD is a date · 参数，形如 YYYY-MM-DD 的文本为日期", examples=[_PARAMETERS]
    ),
]


class LevelBody(Draft):
    """A severity and its condition; the first level whose condition is true counts."""

    severity: Severity
    # Not stripped: the place of a mistake is counted in what was sent.
    when: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        description="Condition over evidence, facts and :parameters · 条件表达式", examples=[_WHEN]
    )


Levels = Annotated[list[LevelBody], Field(min_length=1, max_length=3, examples=[_LEVELS])]


class NewRule(Draft):
    """A version to be published. Where it is valid it counts before all older ones of its area."""

    feed: FeedCode
    area: AreaPrefix
    valid_from: Day = Field(description="First day in force · 生效日", examples=["2026-09-01"])
    valid_to: Day | None = Field(None, description="Last day in force, inclusive · 失效日（含当日）")
    levels: Levels
    parameters: Parameters = Field(default_factory=dict)
    note: str | None = Field(None, max_length=500, description="Why, or where it is written · 依据")


class RuleEnd(Draft):
    """When the version ends."""

    last_day: Day = Field(description="Last day in force, today or later · 最后有效日", examples=["2026-12-31"])


class RuleView(Answer):
    """One version. Alerts keep its `id`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    feed: str = Field(examples=["medical.cost"])
    area_prefix: str = Field(description="Empty: everywhere · 空为全部", examples=["539921"])
    valid_from: date
    valid_to: date | None
    version: int = Field(description="Counted for each feed and area · 版本号")
    levels: list[dict[str, Any]] = Field(examples=[_LEVELS])
    parameters: dict[str, Any] = Field(examples=[_PARAMETERS])
    note: str | None
    author: UUID = Field(description="Account; the nil UUID for what was shipped · 发布人")
    created_at: datetime
    in_force: bool | None = Field(None, description="Told where area was asked for · 是否为该地该日生效版本")


class SweepBody(Draft):
    """Other values of one parameter: what would each cost and catch?"""

    parameter: str = Field(max_length=60, examples=["line_other"])
    values: list[Parameter] = Field(min_length=1, max_length=10, examples=[[10000, 15000, 30000]])


class _Span(Draft):
    first_day: Day | None = Field(None, description="First day of the reports · 报送起始日", examples=["2026-01-01"])
    last_day: Day | None = Field(None, description="Last day; a year at most · 报送截止日", examples=["2026-03-31"])
    batch_id: UUID | None = Field(None, description="Of this batch or file only · 仅此批次或文件")
    file_id: UUID | None = Field(
        None, description="Instead of days: all rows of this file, also what was not kept · 改为试算该文件的全部原始行"
    )
    sweep: SweepBody | None = None


class TrialOfDraft(_Span):
    """A draft, and the stored reports it is to be tried over."""

    feed: FeedCode
    area: AreaPrefix
    levels: Levels
    parameters: Parameters = Field(default_factory=dict)


class TrialOfVersion(_Span):
    """The stored reports a version is to be tried over, with some of its parameters changed."""

    parameters: Parameters = Field(default_factory=dict)


class WeightView(Answer):
    """What some rules let through, what it cost and what it caught."""

    alerts: int = Field(description="Rows let through · 触发条数")
    severities: dict[Severity, int]
    tasks: int = Field(description="Checks it cost; alerts without one yet count one each · 核查任务数")
    answered: int = Field(description="Of these with a verdict · 已有结论")
    confirmed: int = Field(description="Of these with a confirmed risk · 确认有风险")


class ExampleView(Answer):
    """A report, or row of a file, that only one of the two lets through, with the values the rules look at."""

    alert_id: UUID | None = Field(description="Null: a row of a file that is no alert · 文件中未成为预警的行无编号")
    sheet: int | None = Field(None, description="Of a file, from 1 · 工作表序号")
    row: int | None = Field(None, description="Of the sheet, as a person sees it · 行号")
    which: str = Field(examples=["only_in_force"])
    severity: Severity
    occurred_on: date | None
    area_code: str
    person: MaskedPerson | None
    household: MaskedHousehold | None
    values: dict[str, Any] = Field(examples=[{"self_pay": 8200}])
    verdict: Verdict | None


class ThresholdView(WeightView):
    """The same for another value of the parameter."""

    value: Parameter


class TrialView(Answer):
    """A draft beside the rules in force. What a rule dropped at intake was not kept: only a file still has it."""

    feed: str
    rows: int = Field(description="Reports or rows looked at · 参与试算的条数")
    open: int = Field(description="Not to be told without the register; counted nowhere else · 需比对登记信息方能判断")
    both: int = Field(description="Let through by both · 两者均触发")
    only_tried: int = Field(description="By the tried rule only · 仅试算规则触发")
    only_in_force: int = Field(description="By the rules in force only · 仅现行规则触发")
    in_force: WeightView
    tried: WeightView
    examples: list[ExampleView]
    thresholds: list[ThresholdView]


class RuleQuality(Answer):
    """How the reports of a rule fared. Null where there is no verdict, or no report, to reckon with."""

    rule_id: UUID
    alerts: int = Field(description="Reports it let through that became alerts · 触发成为预警的条数")
    evidences: int = Field(description="And that became further evidence of one · 触发后并入已有预警的条数")
    verdicts: dict[Verdict, int] = Field(description="Alerts it has a report in, by verdict · 各结论预警数")
    hit_rate: float | None = Field(description="risk_confirmed / all with a verdict · 命中率", examples=[0.042])
    median_days_to_push: float | None = Field(description="From the event to the report · 事件到报送（天，中位数）")
    median_days_to_verdict: float | None = Field(
        description="From its first report in the alert to the verdict · 报送到结论（天，中位数）"
    )


class NotTriggered(Answer):
    """A report that its feed's rule does not let through. It was looked at and is not kept: nothing is wrong with it."""

    state: Literal["not_triggered"] = Field("not_triggered", description="未触发")
    feed: str = Field(examples=["medical.cost"])
    source_ref: str | None
    rule_id: UUID = Field(description="The version that said so · 所依据的规则版本")
    version: int
    text: str = Field(
        examples=["依据筛查规则第 1 版，未触发预警：个人自付金额（元）为 1200，低于 5000（参数 line_poor）。"]
    )
    reasons: list[ReasonView] = Field(
        description="What was not so; of the register nothing to a bureau · 未满足的条件，不向部门说明登记信息"
    )
