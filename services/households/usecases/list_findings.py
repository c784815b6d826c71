"""What a check of a list finds, and counts by township."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.households.rules.register_imports import Outcome
from services.households.usecases.list_entries import Place
from shared.errors import Fault


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands in the way of a household of the list, what is worth a look though it is taken, or who vanished."""

    outcome: Outcome
    area_code: str
    national_code: str | None
    place: Place | None
    fault: Fault
    household_id: UUID | None = None
    member_id: UUID | None = None
    version: int | None = None


@dataclass(slots=True)
class Counts:
    """What becomes of households and people, by township."""

    by_area: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(_none))

    def add(self, area_code: str, part: str, outcome: str, number: int = 1) -> None:
        """Count."""
        self.by_area[area_code[:9] + "000"][part][outcome] += number

    def add_all(self, other: "Counts") -> None:
        """Count what another one has counted."""
        for area, parts in other.by_area.items():
            for part, outcomes in parts.items():
                self.by_area[area][part].update(outcomes)

    def as_json(self) -> dict[str, Any]:
        """For the row of the import."""
        return {area: {part: dict(one) for part, one in parts.items()} for area, parts in self.by_area.items()}


def _none() -> dict[str, Counter[str]]:
    return {"household": Counter(), "member": Counter()}
