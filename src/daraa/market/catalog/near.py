"""A place in a request, and how far things are from it; pure."""

import math
from typing import Any

from daraa.stores.mongo import Near

NEAR_PATTERN = r"^-?[0-9]{1,2}(\.[0-9]{1,8})?,-?[0-9]{1,3}(\.[0-9]{1,8})?$"
USUAL_RADIUS_M = 5_000
WIDEST_RADIUS_M = 50_000
EARTH_M = 6_378_100.0
"""The radius that MongoDB computes with, in metres."""


def place(text: str, radius_m: int | None) -> Near | None:
    """`latitude,longitude` in degrees as a place; None where there is no such place on earth."""
    latitude, longitude = (float(part) for part in text.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Near(longitude, latitude, float(radius_m or USUAL_RADIUS_M))


def metres_to(near: Near, location: dict[str, Any]) -> int:
    """The way over the ground to a stored point, in whole metres (haversine)."""
    longitude, latitude = (math.radians(each) for each in location["coordinates"])
    own_longitude, own_latitude = math.radians(near.longitude), math.radians(near.latitude)
    half = (
        math.sin((latitude - own_latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(own_latitude) * math.sin((longitude - own_longitude) / 2) ** 2
    )
    return round(2 * EARTH_M * math.asin(min(1.0, math.sqrt(half))))
