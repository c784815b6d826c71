"""Field types that this service alone has, and those of its code lists; the others: `shared.http.fields`."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.households.codes import LISTS


def _list(entered: object) -> object:
    return [entered] if isinstance(entered, str) else entered


NationalCode = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z\-]{4,40}$", description="National code · 户编号", examples=["5399211002000001"]),
]
Sex = Annotated[str, LISTS["sex"].field(), Field(description="GB/T 2261.1 · 性别", examples=["1"])]
Relation = Annotated[
    str, LISTS["relation"].field(), Field(description="To the head, GB/T 4761 · 与户主关系", examples=["02"])
]
HouseholdClass = Annotated[
    str, LISTS["household_class"].field(), Field(description="Class · 户类型", examples=["ordinary"])
]
Grade = Annotated[str, LISTS["grade"].field(), Field(description="The county's grade · 县级分级", examples=["red"])]
Risk = Annotated[str, LISTS["risk"].field(), Field(description="One of its risks · 返贫致贫风险", examples=["01"])]
MonitoringState = Annotated[
    str, LISTS["monitoring_state"].field(), Field(description="监测状态", examples=["monitored"])
]
SchoolStage = Annotated[
    str, LISTS["school_stage"].field(), Field(description="School · 在校生状况", examples=["primary"])
]
LabourSkill = Annotated[
    str, LISTS["labour_skill"].field(), Field(description="Labour · 劳动技能", examples=["ordinary"])
]
HealthState = Annotated[str, LISTS["health"].field()]
Health = Annotated[
    list[HealthState],
    BeforeValidator(_list),
    Field(max_length=4, description="Health, several may hold · 健康状况", examples=[["healthy"]]),
]
JoinedReason = Annotated[
    str, LISTS["joined_reason"].field(), Field(description="Why · 增员原因", examples=["marriage"])
]
LeftReason = Annotated[str, LISTS["left_reason"].field(), Field(description="Why · 减员原因", examples=["deceased"])]
RevealReason = Annotated[str, LISTS["reveal_reason"].field(), Field(description="Why · 事由", examples=["visit"])]
Yuan = Annotated[
    Decimal, Field(max_digits=12, decimal_places=2, description="Yuan, to the fen · 元", examples=["4300.00"])
]
IncomeItem = Annotated[
    str, LISTS["income_item"].field(), Field(description="Item · 收支项目", examples=["transfers.resident_pension"])
]
IncomeOrigin = Annotated[
    str, LISTS["income_origin"].field(), Field(description="Whose figures · 数据提供部门", examples=["finance"])
]
IncomeEnding = Annotated[str, LISTS["income_ending"].field(), Field(description="Why · 原因", examples=["duplicate"])]
