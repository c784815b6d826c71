"""Events of what looks like pretence (形式主义)."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Event

PretenceKind = Literal[
    "echo",
    "copied-text",
    "same-photo",
    "photo-origin",
    "pace",
    "place",
    "reopened",
]
"""What may look like pretence: a list answered unchanged and at once, copied words, one photo for two households, a
photo taken at another time or place, two visits too far apart for the time between them, a visit far from where the
household is, a case that was closed as harmless and soon came back."""


class PretenceSuspected(Event):
    """A visit or a list of answers looks like pretence. It is a question that the village can answer, not a verdict."""

    type: ClassVar[str] = "households.pretence-suspected"
    topic: ClassVar[str] = "households.pretence"
    title_zh: ClassVar[str] = "疑似形式主义线索"

    finding_id: UUID = Field(description="The finding")
    kind: PretenceKind = Field(description="Which rule found it")
    area_code: str = Field(description="12 digits: the village it is about")
    household_id: UUID | None = Field(description="The household, where it is about one")
    visit_id: UUID | None = Field(description="The visit, where it is about one")
    policy_id: UUID = Field(description="Version of the `pretence-detectors` policy whose limits were passed")
    found_at: datetime = Field(description="When it was found")

    @property
    def key(self) -> str:
        """One village's findings stay in order."""
        return self.area_code


EVENTS = (PretenceSuspected,)
