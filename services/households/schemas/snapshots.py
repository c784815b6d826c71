"""What a case was decided on (识别时、消除时情况), as it is shown."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.contracts.monitoring import CaseClass, State
from shared.http.fields import Answer, CodeView


class IncomeThen(Answer):
    """The twelve months' sums of that day, in yuan."""

    model_config = ConfigDict(from_attributes=True)

    period_first: date
    period_last: date
    people: int = Field(description="Divided by · 计算人口")
    wages: Decimal
    business: Decimal
    property_income: Decimal
    transfers: Decimal
    business_costs: Decimal
    claims: Decimal
    rigid_medical: Decimal
    rigid_education: Decimal
    rigid_disaster: Decimal
    rigid_accident: Decimal
    net_income: Decimal
    net_per_head: Decimal | None = Field(description="人均纯收入", examples=["15000.00"])
    reference_per_head: Decimal | None = Field(description="纳入监测参考收入（人均）", examples=["13000.00"])
    line: int | None = Field(description="Income line in force that day · 当日监测收入线", examples=[8700])


class MeasureThen(Answer):
    """A measure as it stood that day."""

    risk: CodeView
    kind: CodeView
    sub_kind: CodeView | None
    state: CodeView
    delivered_on: date | None


class SnapshotView(Answer):
    """The household as the gate saw it. Kept with the decision, and never changed afterwards; null: nobody knew."""

    move_id: UUID = Field(description="The line of `moves` it was kept with · 对应步骤")
    state: State = Field(description="`monitored` or `eliminated`", examples=["monitored"])
    state_text: str = Field(examples=["纳入监测"])
    round: int
    on: date = Field(description="Day of the decision · 识别或消除日期")
    kept_at: datetime
    monitoring_class: CaseClass | None = Field(alias="class")
    household_class: str | None = Field(
        description="Class of the household; null also where the decision is older than that · 户类型",
        examples=["ordinary"],
    )
    main_risk: str | None
    risks: list[CodeView]
    people: int = Field(description="Who lived there · 家庭人口")
    able: int = Field(description="Who could work · 劳动力")
    weak: int = Field(description="Who could work a little · 弱劳动力或半劳动力")
    no_labour_covered: bool | None = Field(description="整户无劳动能力兜底")
    schooling: bool | None = Field(description="义务教育有保障")
    medical: bool | None = Field(description="基本医疗有保障")
    housing: bool | None = Field(description="住房安全有保障")
    water: bool | None = Field(description="饮水安全有保障")
    dwelling_level: str | None
    only_home: bool | None
    uninsured: int = Field(description="Known to have no medical insurance · 未参保人数")
    out_of_school: int = Field(description="Of school age, in no school · 失学辍学人数")
    income: IncomeThen | None = Field(description="Null: not computed by then · 收支，未测算为空")
    line_policy_id: UUID | None = Field(description="Version of `income-line` · 监测收入线版本")
    measures: list[MeasureThen]
