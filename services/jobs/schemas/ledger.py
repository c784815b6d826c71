"""Rows of the labour ledger (务工台账), as entered and as shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from services.jobs.codes import LISTS
from services.jobs.rules import places
from services.jobs.rules.ledger import Entry
from services.jobs.schemas.fields import Industry, JobService, Trade, Wage
from services.jobs.schemas.people import PersonBrief
from shared import areas
from shared.http.fields import Answer, AreaView, CodeView, Draft, Line, MonthText

MOST_CONFIRMED = 500


def _place(entered: str) -> str:
    if (named := LISTS["work_place"].accepted.get(entered)) is not None:
        return named
    try:
        code = areas.normalise(entered)
    except areas.InvalidAreaCode as fault:
        raise PydanticCustomError(fault.code, "not an area code") from None
    return places.as_in_ledger(code)


Status = Annotated[
    str, LISTS["ledger_status"].field(), Field(description="out, planned, not_out · 务工状态", examples=["out"])
]
Place = Annotated[
    str,
    Field(max_length=20),
    AfterValidator(_place),
    Field(description="Area code, to the county for work; or `abroad` · 行政区划代码或境外", examples=["441900"]),
]
WorkKind = Annotated[
    str, LISTS["work_kind"].field(), Field(description="skilled, strength, odd · 就业类型", examples=["skilled"])
]
Channel = Annotated[
    str, LISTS["work_channel"].field(), Field(description="How it was found · 就业渠道", examples=["relatives"])
]
Stability = Annotated[
    str, LISTS["stability"].field(), Field(description="Whether it is stable · 是否稳定", examples=["stable"])
]
Compared = Annotated[
    str, LISTS["compared"].field(), Field(description="With last year · 与上年相比", examples=["better"])
]
HomeReason = Annotated[
    str, LISTS["home_reason"].field(), Field(description="Why not out · 未务工原因", examples=["care"])
]
Services = Annotated[tuple[JobService, ...], Field(max_length=10, description="Services wanted · 就业服务需求")]
LedgerDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]
"""A day of a month that a ledger can have."""
LedgerMonthText = Annotated[MonthText, Field(description="Month · 台账月份")]


class QuickDraft(Draft):
    """The nine questions a call answers in half a minute. What is left out stays as it is in the row."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"wage": "5600.00", "stability": "stable", "wants_change": False}]}
    )

    status: Status | None = None
    work_area: Place | None = None
    employer: Line | None = Field(None, description="The company's name; stored sealed · 务工企业名称")
    trade: Trade | None = None
    wage: Wage | None = None
    stability: Stability | None = None
    compared: Compared | None = None
    wants_change: bool | None = Field(None, description="Wants other work · 是否要转岗")
    services: Services = ()
    reason: HomeReason | None = None

    def told(self) -> dict[str, Any]:
        """What was said. null takes a value back; a row is never without a status, so null leaves that as it is."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return said if self.status is not None else {name: one for name, one in said.items() if name != "status"}


class RowFields(QuickDraft):
    """All that a row may say; a file tells some of it."""

    employer_id: UUID | None = Field(None, description="Of a registered employer, in place of the name · 用工单位")
    industry: Industry | None = None
    work_kind: WorkKind | None = None
    channel: Channel | None = None
    point_to_point: bool | None = Field(None, description="Brought there by the organised coach · 是否点对点输送")
    started_on: date | None = Field(None, description="First day of this work · 开始务工时间")
    ended_on: date | None = Field(
        None, description="Last day; of one who is not out: of the last work there was · 结束务工时间"
    )
    plan_area: Place | None = None
    plan_on: date | None = Field(None, description="Plans to leave then · 计划务工时间")
    able: bool | None = Field(None, description="Could go · 是否具备条件")
    willing: bool | None = Field(None, description="Would go · 是否愿意")
    possible_on: date | None = Field(None, description="When it will be possible · 预计可外出时间")


_OUT_EXAMPLE: dict[str, JsonValue] = {
    "status": "out",
    "work_area": "441900",
    "employer": "东莞某五金厂",
    "industry": "C",
    "trade": "61804",
    "work_kind": "skilled",
    "wage": "5200.00",
    "channel": "relatives",
    "point_to_point": False,
    "started_on": "2026-02-20",
    "stability": "stable",
    "wants_change": False,
}
_HOME_EXAMPLE: dict[str, JsonValue] = {"status": "not_out", "able": True, "willing": False, "reason": "care"}


class RowDraft(RowFields):
    """A row as a whole. Which fields each status needs: docs/labour-ledger.md; all that is wrong is told at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OUT_EXAMPLE, _HOME_EXAMPLE]})

    status: Status

    def entry(self) -> Entry:
        """As the rules take it."""
        return Entry(**self.model_dump())


class Confirmation(Draft):
    """Whose rows are as they were."""

    people: list[UUID] = Field(min_length=1, max_length=MOST_CONFIRMED, description="Ids of people · 人员")
    since_said: bool = Field(
        False,
        description="Nothing changed since somebody said so last: the months between are confirmed too · 含此前未确认的月份",
    )


class ProblemView(Answer):
    """What is wrong, or hardly so, with one field."""

    field: str = Field(examples=["wage"])
    code: str = Field(examples=["field-missing"])
    message: str


class OutcomeView(Answer):
    """What became of one row."""

    person_id: UUID
    outcome: str = Field(description="made, changed, confirmed, unchanged, refused · 结果", examples=["confirmed"])
    problems: list[ProblemView] = Field(description="Why it was refused · 不予登记的原因")
    warnings: list[ProblemView] = Field(description="Taken, and hardly so · 提示")


class RowView(Answer):
    """What one person does in one month."""

    month: MonthText
    status: CodeView
    work_area: str | None = Field(examples=["441900"])
    employer_id: UUID | None
    employer: str | None = Field(description="Withheld from supervisors · 务工企业名称", examples=["某五金厂"])
    industry: CodeView | None
    trade: CodeView | None
    work_kind: CodeView | None
    wage: Decimal | None = Field(description="Yuan a month · 月工资", examples=["5200.00"])
    channel: CodeView | None
    point_to_point: bool | None
    organised: bool | None = Field(description="Follows from the channel · 是否有组织输出")
    started_on: date | None
    ended_on: date | None
    stability: CodeView | None
    compared: CodeView | None
    wants_change: bool | None
    services: list[CodeView]
    plan_area: str | None
    plan_on: date | None
    able: bool | None
    willing: bool | None
    reason: CodeView | None
    possible_on: date | None
    confirmed_on: date | None = Field(description="null: carried forward, and nobody has said so · 确认日期")
    source: CodeView
    version: int = Field(description="The ETag's number · 版本")
    changed_at: datetime
    problems: list[ProblemView] = Field(description='What is in the way of "no change" · 确认前须补正')


class PersonRowView(Answer):
    """A person of a list, with the row of the month if there is one."""

    person: PersonBrief
    area: AreaView
    row: RowView | None


class WrittenRow(PersonRowView):
    """A row that was just written."""

    outcome: OutcomeView


class FieldChange(Answer):
    """One field."""

    field: str = Field(examples=["wage"])
    before: Any = Field(description="Codes and values as stored; the employer's name withheld from supervisors · 原值")
    after: Any = Field(description="现值")


class ChangeView(Answer):
    """What one act did to a row."""

    at: datetime
    by: UUID | None = Field(description="Account; null: carried forward or followed a move · 操作人")
    what: CodeView
    source: CodeView
    version: int
    policy_id: UUID | None = Field(
        description="The version of `ledger-rules` it was taken by; null: nobody said anything · 依据的政策版本"
    )
    changes: list[FieldChange]


class CountsView(Answer):
    """People on a day, counted from their rows."""

    as_of: date
    known_on: date | None = Field(description="Rows as they stood at the end of that day; null: as they stand")
    out: int = Field(description="已务工")
    planned: int = Field(description="计划务工")
    not_out: int = Field(description="未务工")
    absent: int | None = Field(
        description="Labour without a row; null: no policy `labour-indicators` says who is labour · 未登记"
    )
    unconfirmed: int = Field(description="Carried forward and not confirmed · 未确认")
