"""The list of households that the check of an area is about."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.households.schemas.tasks import TaskHousehold
from shared.http.fields import Answer, Draft, Paragraph


class Remark(Draft):
    """What is said of one household on the list; nobody has to."""

    affected: Annotated[bool, Field(description="Concerned by what the bureau warned of · 是否受影响")]
    note: Annotated[Paragraph | None, Field(description="Kept sealed · 说明", examples=["水窖还有水，可用两周"])] = None


class ListedHousehold(Answer):
    """One household on the list, with what was said of it."""

    household: TaskHousehold
    natural_village: str | None = Field(examples=["上寨"])
    household_class: str = Field(alias="class", examples=["ordinary"])
    affected: bool | None = Field(description="null: nobody has said · 是否受影响")
    note: str | None = Field(description="Hidden from supervisors · 说明")
    remarked_by: UUID | None
    remarked_at: datetime | None
