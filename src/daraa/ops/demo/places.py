"""Delivery zones around Daraa and Damascus, from the real coordinates of towns and districts."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from daraa.ops.demo.goods import Words

CORNERS = 8
LARGEST_KM = 5.0
KM_PER_DEGREE = 111.2


class Place(NamedTuple):
    """A town or district; position in WGS 84 degrees, delivery fee in whole pounds."""

    code: str
    name: Words
    latitude: float
    longitude: float
    fee: int


class Region(NamedTuple):
    """What the places of one side belong to."""

    code: str
    name: Words
    kind: str
    places: tuple[Place, ...]


REGIONS: tuple[Region, ...] = (
    Region("daraa", Words("محافظة درعا", "Daraa governorate"), "city", (
        Place("daraa-city", Words("درعا المدينة", "Daraa city"), 32.6189, 36.1021, 100),
        Place("izraa", Words("إزرع", "Izraa"), 32.8456, 36.2556, 150),
        Place("nawa", Words("نوى", "Nawa"), 32.8886, 36.0392, 150),
        Place("al-sanamayn", Words("الصنمين", "Al-Sanamayn"), 33.0716, 36.1839, 180),
        Place("busra", Words("بصرى الشام", "Busra al-Sham"), 32.5180, 36.4827, 180),
        Place("tafas", Words("طفس", "Tafas"), 32.7350, 36.0680, 130),
        Place("jasim", Words("جاسم", "Jasim"), 32.9925, 36.0619, 160),
        Place("al-hirak", Words("الحراك", "Al-Hirak"), 32.7519, 36.3053, 150),
        Place("dael", Words("داعل", "Dael"), 32.7533, 36.1278, 120),
        Place("inkhil", Words("إنخل", "Inkhil"), 33.0203, 36.1306, 160),
        Place("muzayrib", Words("المزيريب", "Muzayrib"), 32.7108, 36.0269, 130),
        Place("saida", Words("صيدا", "Saida"), 32.6350, 36.2206, 120),
    )),
    Region("damascus", Words("دمشق", "Damascus"), "city", (
        Place("mazzeh", Words("المزة", "Mazzeh"), 33.5030, 36.2470, 120),
        Place("malki", Words("المالكي", "Malki"), 33.5160, 36.2730, 140),
        Place("abu-rummaneh", Words("أبو رمانة", "Abu Rummaneh"), 33.5190, 36.2850, 140),
        Place("bab-touma", Words("باب توما", "Bab Touma"), 33.5128, 36.3150, 120),
        Place("jaramana", Words("جرمانا", "Jaramana"), 33.4860, 36.3460, 130),
        Place("midan", Words("الميدان", "Midan"), 33.4890, 36.2970, 110),
        Place("kafr-sousa", Words("كفرسوسة", "Kafr Sousa"), 33.4970, 36.2730, 120),
        Place("muhajirin", Words("المهاجرين", "Muhajirin"), 33.5280, 36.2740, 140),
        Place("rukn-al-din", Words("ركن الدين", "Rukn al-Din"), 33.5380, 36.2980, 130),
        Place("qassaa", Words("القصاع", "Qassaa"), 33.5215, 36.3120, 120),
        Place("barzeh", Words("برزة", "Barzeh"), 33.5520, 36.3200, 130),
        Place("dummar", Words("دمر", "Dummar"), 33.5370, 36.2220, 140),
    )),
)  # fmt: skip


def ring_around(place: Place, others: Sequence[Place]) -> list[list[float]]:
    """A closed ring, counter-clockwise (RFC 7946), that stays clear of every other place's ring."""
    nearest = min(distance_km(place, other) for other in others if other is not place)
    radius = min(LARGEST_KM, 0.48 * nearest)
    ring = [offset(place, radius, 2 * math.pi * corner / CORNERS) for corner in range(CORNERS)]
    return [*ring, ring[0]]


def box_around(places: Sequence[Place], margin: float = 0.06) -> list[list[float]]:
    """A closed counter-clockwise box, `margin` degrees wider than the places; it holds all their rings."""
    west, east = min(p.longitude for p in places) - margin, max(p.longitude for p in places) + margin
    south, north = min(p.latitude for p in places) - margin, max(p.latitude for p in places) + margin
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return [[round(lon, 5), round(lat, 5)] for lon, lat in corners]


def offset(place: Place, km: float, angle: float) -> list[float]:
    """[longitude, latitude] that far from the place, at an angle in radians counted from east."""
    east = km * math.cos(angle) / (KM_PER_DEGREE * math.cos(math.radians(place.latitude)))
    return [round(place.longitude + east, 5), round(place.latitude + km * math.sin(angle) / KM_PER_DEGREE, 5)]


def distance_km(one: Place, other: Place) -> float:
    """Flat distance, good enough within one governorate."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return KM_PER_DEGREE * math.hypot(east, one.latitude - other.latitude)
