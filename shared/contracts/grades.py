"""Events of the local grades (红黄绿)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Event
from shared.contracts.grade_policies import Grade


class GradeRecord(BaseModel):
    """A household that came into yellow or red, moved with it, or left it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    household_id: UUID = Field(description="The household (户)")
    area_code: str = Field(description="12 digits: its village")
    before: Grade | None = Field(description="null: it had none")
    grade: Grade | None = Field(description="null: the household is no more")
    kind: str = Field(description="Why, e.g. `new`, `cleared`, `rule`, `correction`, `override`")
    by_hand: bool = Field(description="Somebody has set it")
    policy_id: UUID | None = Field(description="Version of `grade-rules` behind it")
    changed_at: datetime = Field(description="Of two records on one household the later one counts")


class GradesChanged(Event):
    """Local grades (红黄绿) changed; at most 1,000 households in one event. One of which nothing was told is green."""

    type: ClassVar[str] = "households.grades-changed"
    topic: ClassVar[str] = "households.grade"
    title_zh: ClassVar[str] = "农户分级已变更"

    households: list[GradeRecord] = Field(min_length=1, max_length=1000, description="One record per change")

    @property
    def key(self) -> str:
        """Order does not matter: each record says when it changed."""
        return str(self.households[0].household_id)


EVENTS = (GradesChanged,)
