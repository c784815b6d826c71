"""Random samples for telephone checks: as drawn, answered and read."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.jobs.models import AnswerState
from services.jobs.rules.sampling import Answered, Verdict, Wanted
from services.jobs.schemas.fields import Yuan
from services.jobs.schemas.people import PersonBrief
from shared.contracts.jobs_reconcile_policies import AskedField
from shared.http.fields import Answer, AnyArea, AreaView, Draft, Line, MonthText, Paragraph


class SampleDraft(Draft):
    """How many are drawn: `size` people, or as many as tell the error rate to ± `half_width`. Never which ones."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"month": "2026-10", "area": "539921100000", "size": 200}]}
    )

    month: MonthText
    area: AnyArea
    size: Annotated[int | None, Field(ge=1, le=100_000, description="People · 抽取人数", examples=[200])] = None
    half_width: Annotated[
        float | None,
        Field(ge=0.005, le=0.5, description="Share, as wide on each side · 允许误差", examples=[0.05]),
    ] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.size is None) == (self.half_width is None):
            raise PydanticCustomError("sample-size-or-precision", "give one of them")
        return self

    def wanted(self) -> Wanted:
        """As the use case takes it."""
        return Wanted(self.size, self.half_width)


class IntervalView(Answer):
    """Bounds of a share, 0 to 1."""

    low: float = Field(examples=[0.0624])
    high: float = Field(examples=[0.1605])


class StratumView(Answer):
    """One township of a sample."""

    area: AreaView
    population: int = Field(description="People of the ledger in question · 台账人数")
    drawn: int = Field(description="抽取人数")
    waiting: int = Field(description="Not called yet · 待拨打")
    right: int = Field(description="属实")
    wrong: int = Field(description="不实")
    not_reached: int = Field(description="未联系上")
    error_rate: float | None = Field(
        description="wrong / (right + wrong); null while nobody was reached · 差错率", examples=[0.1014]
    )
    interval: IntervalView | None = Field(description="Wilson's, at the confidence of the policy · 置信区间")


class FieldErrors(Answer):
    """In how many cases a field was wrong."""

    field: AskedField
    title: str = Field(examples=["月工资"])
    people: int


class SampleView(Answer):
    """A sample and what came of it so far, within the reader's areas. Counted from the people drawn."""

    id: UUID
    month: MonthText
    area: AreaView
    wanted: dict[str, Any] = Field(examples=[{"half_width": 0.05}])
    ask: list[AskedField] = Field(description="What is asked · 核实内容")
    population: int
    drawn: int
    waiting: int
    right: int
    wrong: int
    not_reached: int
    non_response: float | None = Field(
        description="not_reached / (right + wrong + not_reached); null while nobody was called · 无应答率"
    )
    error_rate: float | None = Field(description="Townships weighted by their people · 加权差错率")
    interval: IntervalView | None = Field(description="Wilson's with the effective size of the sample · 置信区间")
    if_silent: IntervalView | None = Field(
        description="The rate if all not reached were right, and if all were wrong · 无应答的影响范围"
    )
    effective_size: float | None = Field(description="Of a simple sample that tells as much · 有效样本量")
    unheard_population: int = Field(description="People of townships in which nobody was reached · 无应答乡镇人数")
    confidence: float = Field(examples=[0.95])
    townships: list[StratumView]
    wrong_fields: list[FieldErrors]
    seed: str = Field(description="Hexadecimal; with it the draw comes out the same · 随机种子")
    population_hash: str = Field(description="SHA-256 of the ids among whom was drawn · 抽样总体标识")
    policy_id: UUID
    drawn_by: UUID
    drawn_at: datetime


class AskView(Answer):
    """One thing to ask, and what the ledger says of it."""

    field: AskedField
    title: str = Field(examples=["务工地"])
    ledger: Any = Field(description="台账所载", examples=["440306"])
    wrong: bool = Field(description="Was found wrong · 不实")
    said: Any = Field(None, description="What the person says · 本人所述")


class SampledRowView(Answer):
    """One person to be called."""

    id: UUID
    sample_id: UUID
    person: PersonBrief | None = Field(description="null when they have left the area · 人员")
    village: AreaView
    state: AnswerState
    state_text: str = Field(examples=["待拨打"])
    calls: int = Field(description="That nobody answered · 未接通次数")
    ask: list[AskView]
    note: str | None
    answered_at: datetime | None


class Said(Draft):
    """What the person says, as far as they do."""

    status: Annotated[bool | None, Field(description="Works · 是否务工")] = None
    work_area: Annotated[AnyArea | Literal["abroad"] | None, Field(description="务工地")] = None
    employer: Annotated[Line | None, Field(description="务工企业")] = None
    wage: Annotated[Yuan | None, Field(description="Yuan a month · 月工资")] = None


class AnswerDraft(Draft):
    """What came of a call. A wrong field whose true value lies within the tolerance counts as right."""

    verdict: Verdict = Field(description="right 属实, wrong 不实, not_reached 未联系上")
    wrong_fields: Annotated[tuple[AskedField, ...], Field(max_length=4, description="不实内容")] = ()
    said: Said = Said()
    note: Annotated[Paragraph | None, Field(description="Stored sealed · 备注")] = None

    def answered(self) -> Answered:
        """As the use case takes it."""
        said = {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in dict(self.said).items()
            if value is not None
        }
        return Answered(self.verdict, self.wrong_fields, said, self.note)


class PhoneView(Answer):
    """The number to call, in clear; the audit trail has it."""

    phone: str | None = Field(description="电话", examples=["15400000017"])
