"""The list of households that the check of an area is about."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.households.schemas.refusals import Refusal
from services.households.schemas.tasks import TaskHousehold
from shared.http.fields import Answer, Draft, Paragraph

MOST_ANSWERS = 200
"""Households in one request: a page of the list."""


class Remark(Draft):
    """What is said of one household on the list; nobody has to."""

    affected: Annotated[bool, Field(description="Concerned by what the bureau warned of · 是否受影响")]
    at_risk: Annotated[
        bool | None,
        Field(description="May fall back into poverty by it: gets a national case · 是否存在返贫致贫风险"),
    ] = None
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 说明", examples=["水窖还有水，可用两周"])] = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.at_risk and not self.affected:
            raise PydanticCustomError("at-risk-unaffected", "who is at risk is affected")
        return self


class HouseholdAnswer(Remark):
    """The same of one among many."""

    household_id: UUID


class HouseholdAnswers(Draft):
    """What is said of a page of the list, of each household once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "households": [
                        {"household_id": "019cac46-1500-73c2-b956-c18d7944c629", "affected": True, "at_risk": True},
                        {"household_id": "019cac46-1500-73c2-b956-c18d7944c62a", "affected": True, "at_risk": False},
                    ]
                }
            ]
        }
    )

    households: Annotated[list[HouseholdAnswer], Field(min_length=1, max_length=MOST_ANSWERS)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.household_id for one in self.households}) < len(self.households):
            raise PydanticCustomError("household-named-twice", "name each household once")
        return self


class HouseholdOutcome(Answer):
    """What became of one answer."""

    household_id: UUID
    outcome: Literal["recorded", "repeated", "refused"] = Field(description="已登记, 重复, 未受理")
    monitoring_case_id: UUID | None = Field(description="Its national case, when it is at risk · 监测个案")
    refusal: Refusal | None


class HouseholdReport(Answer):
    """What became of each, in the order in which they came."""

    recorded: int
    repeated: int
    refused: int
    results: list[HouseholdOutcome]


class ListedHousehold(Answer):
    """One household on the list, with what was said of it."""

    household: TaskHousehold
    natural_village: str | None = Field(examples=["上寨"])
    household_class: str = Field(alias="class", examples=["ordinary"])
    affected: bool | None = Field(description="null: nobody has said · 是否受影响")
    at_risk: bool | None = Field(description="null: nobody has said; true: has a national case · 是否存在风险")
    note: str | None = Field(description="Hidden from supervisors · 说明")
    remarked_by: UUID | None
    remarked_at: datetime | None
