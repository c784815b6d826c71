"""What a gate says of a case."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.monitoring import State
from shared.http.fields import Answer


class ConditionView(Answer):
    """One condition."""

    code: str = Field(examples=["months"])
    text: str = Field(description="What is asked · 条件", examples=["监测已满规定时间"])
    met: bool
    missing: str | None = Field(description="What is missing, in plain words · 不符合原因")


class GateView(Answer):
    """Every condition before a state, met or not, as of a day."""

    case_id: UUID
    state: State = Field(description="Where the case stands · 当前状态")
    to: State = Field(examples=["eliminated"])
    on: date
    open: bool = Field(description="Every condition is met · 是否全部符合")
    conditions: list[ConditionView]
    facts: list[str] = Field(description="What bureaus found: for people to weigh, no bar · 供评议参考的比对结果")
    policies: dict[str, UUID] = Field(description="The versions it was judged by, by kind · 依据的政策版本")
