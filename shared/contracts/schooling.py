"""Events of the school dropout board (控辍保学). No names, no schools."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Event

Outcome = Literal["stable", "exempt"]


class DropoutClosed(Event):
    """The case of a child who had dropped out is over: back for good, or school is no longer owed."""

    type: ClassVar[str] = "households.dropout-closed"
    topic: ClassVar[str] = "households.schooling"
    title_zh: ClassVar[str] = "辍学个案已结案"

    case_id: UUID = Field(description="The dropout case (辍学个案)")
    person_key: str = Field(description="Keyed hash of the child's ID number")
    outcome: Outcome = Field(description="stable: back, and all checks held; exempt: owes no school any more")
    on: date = Field(description="Day of the last check, or of the exemption")

    @property
    def key(self) -> str:
        """One child's events stay in order."""
        return self.person_key


EVENTS = (DropoutClosed,)
