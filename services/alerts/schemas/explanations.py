"""Why a report became an alert."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator

from shared.http.fields import Answer


class ReasonView(Answer):
    """One comparison that made the rule true, or kept it from being true."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(description="Title of the field · 字段", examples=["个人自付金额（元）"])
    operator: str = Field(examples=[">="])
    value: Any = Field(examples=[42300])
    threshold: Any = Field(examples=[20000])
    parameter: str | None = Field(examples=["line_other"])

    @field_validator("value", "threshold")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        """42300, not 42300.0."""
        return int(value) if isinstance(value, float) and value.is_integer() else value


class Explanation(Answer):
    """Why a report became an alert."""

    rule_id: UUID | None = Field(description="Null: no rule was in force · 所依据的规则版本")
    version: int | None
    text: str = Field(
        examples=["依据筛查规则第 1 版：个人自付金额（元）为 42300，不低于 20000（参数 line_other）；预警等级：中。"]
    )
    reasons: list[ReasonView] = Field(
        description="What was so; of the register nothing to a bureau · 满足的条件，不向部门说明登记信息"
    )
