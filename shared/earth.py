"""How far two places on the ground are from each other."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""


def great_circle_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Along a great circle (haversine), kilometres, of degrees (WGS 84); within half a per cent of the ellipsoid."""
    here, there = radians(latitude), radians(other_latitude)
    half_lat, half_lon = (there - here) / 2, radians(other_longitude - longitude) / 2
    h = sin(half_lat) ** 2 + cos(here) * cos(there) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, h)))
