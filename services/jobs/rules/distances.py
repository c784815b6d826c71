"""How far a place of work is from home: by the groups of the area codes, and in estimated kilometres.

The estimate goes from seat to seat as the crow flies (great circle), times the policy's `detour`: no map of roads is asked.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Literal

from services.jobs.rules.places import ABROAD
from shared.contracts.jobs_match_policies import LabourDistances, MeasuredPlace
from shared.earth import great_circle_km

Seen = Literal["county", "prefecture", "province", "outside", "abroad"]
"""Where work is, seen from home; `outside` the province."""


def seen_from(home: str, work: str) -> Seen:
    """By the groups of the area codes (GB/T 2260): province two digits, prefecture four, county six."""
    if work == ABROAD:
        return "abroad"
    if work[:6] == home[:6]:
        return "county"
    if work[:4] == home[:4]:
        return "prefecture"
    return "province" if work[:2] == home[:2] else "outside"


@dataclass(frozen=True, slots=True)
class Distances:
    """The policy `labour-distances`, asked for two areas."""

    body: LabourDistances
    _places: dict[str, MeasuredPlace] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {place.area: place for place in self.body.places})

    def kilometres(self, home: str, place: str) -> float | None:
        """Estimated, from the seat of one area to that of the other; None where nobody knows. The same village is 0."""
        return 0.0 if home == place else self.between(self.seat(home), self.seat(place))

    def at_most(self, home: str, place: str) -> float:
        """The same where it bars somebody."""
        return or_too_far(self.kilometres(home, place))

    def seat(self, area: str) -> str | None:
        """The measured area that this one is, or lies in."""
        found = (area[:digits] for digits in range(len(area), 1, -1))
        return next((one for one in found if one in self._places), None)

    def between(self, near: str | None, far: str | None) -> float | None:
        """Estimated between two measured areas; within one as far as the policy says."""
        if near is None or far is None:
            return None
        if near == far:
            return self._places[near].within_km
        one, other = self._places[near], self._places[far]
        return great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude) * self.body.detour


def or_too_far(kilometres: float | None) -> float:
    """The distance where it bars somebody: what nobody knows is too far for all."""
    return inf if kilometres is None else kilometres
