"""Which areas an alert about areas concerns: one check for each."""

from collections.abc import Collection, Iterable
from typing import ClassVar

from shared import areas
from shared.areas import AreaCode, Level
from shared.errors import Conflict, NotFound


class TaskHouseholdNotFound(NotFound):
    """No such household on the list of that task, within the asker's areas."""

    code: ClassVar[str] = "task-household-not-found"


class AtRiskStands(Conflict):
    """The household has a national case from it: whether that was wrong is decided there."""

    code: ClassVar[str] = "at-risk-stands"


class HouseholdsAtRisk(Conflict):
    """Households on the list are at risk: "no risk" cannot be said of all of them."""

    code: ClassVar[str] = "households-at-risk"


def require_kept(before: bool | None, at_risk: bool | None) -> None:
    """Raise `AtRiskStands` when a household that was at risk is to be none any more."""
    if before and not at_risk:
        raise AtRiskStands(field="at_risk")


def require_agrees(verdict: str, at_risk: int) -> None:
    """Raise `HouseholdsAtRisk` when a verdict on the whole list denies what was said of households on it."""
    if verdict == "no_risk" and at_risk:
        raise HouseholdsAtRisk(field="verdict", households=at_risk)


def subject_key(area_code: AreaCode) -> str:
    """What the case of a whole area is about, whichever alerts stand in it."""
    return f"area:{area_code}"


def concerned(named: Iterable[AreaCode], inhabited: Collection[str]) -> list[AreaCode]:
    """The areas that get a check; `inhabited` are the villages in which households are concerned.

    A village that was named is always among them. Of a township it is its inhabited villages; where it has none the
    township itself, for somebody has to look.
    """
    found = {AreaCode(code) for code in inhabited}
    for code in named:
        below = any(village.startswith(areas.prefix(code)) for village in inhabited)
        if areas.level(code) is Level.VILLAGE or not below:
            found.add(code)
    return sorted(found)
