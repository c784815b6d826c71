"""Organised trips as they are planned."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Plan:
    """A trip as somebody plans it. `contact` and `phone` are the escort's: they are sealed."""

    from_place: str
    to_area: str
    departs_on: date
    vehicle: str
    seats: int
    contact: str
    phone: str
