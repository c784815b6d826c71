"""Positions on the ground: WGS 84 degrees with the metres they may be off, and how far they are from each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from shared.earth import great_circle_km


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone was. `accuracy_m` is the radius that the phone itself gives; None when it does not."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None


def distance_km(a: Position, b: Position) -> float:
    """Through the air, kilometres."""
    return great_circle_km(a.latitude, a.longitude, b.latitude, b.longitude)


def surely_apart_km(a: Position, b: Position, default_accuracy_m: float) -> float:
    """How far apart they are at least: the distance less what either may be off, kilometres, never below 0."""
    off_m = sum(default_accuracy_m if one.accuracy_m is None else one.accuracy_m for one in (a, b))
    return max(0.0, distance_km(a, b) - off_m / 1000)


def middle(positions: Sequence[Position]) -> Position:
    """The median of each coordinate: a few wrong positions do not move it. At least one position is needed."""
    return Position(median(one.latitude for one in positions), median(one.longitude for one in positions), 0)
