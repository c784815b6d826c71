"""Alerts about whole areas (区域预警), as bureaus send and read them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.alerts.schemas.fields import AreaCode, Line
from shared.contracts.households import Basis, Verdict
from shared.http.fields import Answer, Draft

MOST_CODES = 500
"""Areas in one alert: more than a county has villages."""


class AreaDraft(Draft):
    """The areas an alert is about: every household there is concerned, or those of some natural villages."""

    codes: Annotated[
        list[AreaCode],
        Field(
            min_length=1,
            max_length=MOST_CODES,
            description="Villages, or townships with all their villages · 村或乡镇区划代码",
            examples=[["539921100001", "539921101000"]],
        ),
    ]
    natural_villages: Annotated[
        list[Annotated[Line, Field(min_length=1, max_length=100)]],
        Field(
            max_length=200,
            default_factory=list,
            description="Only these, by name; empty: all · 自然村（组）",
            examples=[["上寨"]],
        ),
    ]


class AreaView(Answer):
    """The areas an alert is about."""

    codes: list[str] = Field(examples=[["539921100001"]])
    natural_villages: list[str] = Field(examples=[["上寨"]])


class AreaCheckView(Answer):
    """What one of the areas has said."""

    area_code: str = Field(examples=["539921100001"])
    task_id: UUID
    due_at: datetime | None = Field(description="When its check is due · 核查时限")
    households: int | None = Field(description="Concerned there · 涉及户数", examples=[37])
    verdict: Verdict | None = Field(
        description="Newest one, maybe of an earlier task; null: not answered yet · 核查结论"
    )
    basis: Basis | None = Field(description="Visit, call or known fact · 核查依据")
    reason: str | None = Field(description="Free text; not for supervisors or administrators · 结论说明")
    visited_on: date | None
    answered_at: datetime | None
    cancelled_at: datetime | None = Field(description="Its task was dropped: nobody waits for it · 任务已撤销")
    checked: int | None = Field(description="Households checked one by one; null: not answered yet · 已逐户核查户数")
    at_risk: int | None = Field(description="Those of them at risk, now in monitoring · 存在风险户数", examples=[2])
