"""Places on the ground: WGS 84 degrees with the metres they may be off, and how far they are from each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from statistics import median

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone was. `accuracy_m` is the radius that the phone itself gives; None when it does not."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None


def distance_km(a: Place, b: Place) -> float:
    """Along a great circle (haversine), kilometres; within half a per cent of the ellipsoid."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.longitude - a.longitude) / 2
    h = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, h)))


def surely_apart_km(a: Place, b: Place, default_accuracy_m: float) -> float:
    """How far apart they are at least: the distance less what either may be off, kilometres, never below 0."""
    off_m = sum(default_accuracy_m if one.accuracy_m is None else one.accuracy_m for one in (a, b))
    return max(0.0, distance_km(a, b) - off_m / 1000)


def middle(places: Sequence[Place]) -> Place:
    """The median of each coordinate: a few wrong places do not move it. At least one place is needed."""
    return Place(median(one.latitude for one in places), median(one.longitude for one in places), 0)
