"""Field types that this service alone has, and those of its code lists; the others: `shared.http.fields`."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from services.jobs.codes import LISTS

Sex = Annotated[str, LISTS["sex"].field(), Field(description="GB/T 2261.1 · 性别", examples=["1"])]
HouseholdClass = Annotated[
    str, LISTS["household_class"].field(), Field(description="Class · 户类型", examples=["ordinary"])
]
Grade = Annotated[str, LISTS["grade"].field(), Field(description="The county's grade · 县级分级", examples=["red"])]
Trade = Annotated[str, LISTS["trade"].field(), Field(description="Trade, GB/T 6565 · 工种", examples=["62901"])]
Industry = Annotated[str, LISTS["industry"].field(), Field(description="GB/T 4754 · 所属行业", examples=["E"])]
JobService = Annotated[
    str, LISTS["job_service"].field(), Field(description="Service wanted · 就业服务需求", examples=["referral"])
]
NeedSource = Annotated[str, LISTS["need_source"].field(), Field(description="Where it came from · 来源")]
RevealReason = Annotated[str, LISTS["reveal_reason"].field(), Field(description="Why · 事由", examples=["placement"])]
Yuan = Annotated[
    Decimal, Field(ge=0, max_digits=10, decimal_places=2, description="Yuan, to the fen · 元", examples=["4300.00"])
]
Wage = Annotated[
    Decimal,
    Field(gt=0, le=Decimal("999999.99"), max_digits=8, decimal_places=2),
    Field(description="Yuan a month · 月工资（元）", examples=["5200.00"]),
]
"""One for the ledger and for whatever is written into it."""
