"""The first map: cities and districts of Syria around their public coordinates, to be refined by the operator.

Positions are WGS 84 degrees rounded to about a hundred metres; fees are whole pounds. Rings are octagons that stay
clear of each other, and the zone of a city is the box around its districts: simple polygons, valid by construction.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

CORNERS = 8
LARGEST_KM = 5.0
KM_PER_DEGREE = 111.2
MARGIN = 0.06
"""How far a city's box goes beyond its districts, in degrees; more than any ring's radius."""


class Place(NamedTuple):
    """A district or town."""

    code: str
    ar: str
    en: str
    latitude: float
    longitude: float
    fee: int


class City(NamedTuple):
    """What districts belong to; `fee` holds where none of them does."""

    code: str
    ar: str
    en: str
    fee: int
    places: tuple[Place, ...]


CITIES: tuple[City, ...] = (
    City("daraa", "محافظة درعا", "Daraa governorate", 250, (
        Place("daraa-city", "درعا المدينة", "Daraa city", 32.6189, 36.1021, 100),
        Place("izraa", "إزرع", "Izraa", 32.8456, 36.2556, 150),
        Place("nawa", "نوى", "Nawa", 32.8886, 36.0392, 150),
        Place("al-sanamayn", "الصنمين", "Al-Sanamayn", 33.0716, 36.1839, 180),
        Place("busra", "بصرى الشام", "Busra al-Sham", 32.5180, 36.4827, 180),
        Place("tafas", "طفس", "Tafas", 32.7350, 36.0680, 130),
        Place("jasim", "جاسم", "Jasim", 32.9925, 36.0619, 160),
        Place("al-hirak", "الحراك", "Al-Hirak", 32.7519, 36.3053, 150),
    )),
    City("damascus", "دمشق", "Damascus", 250, (
        Place("mazzeh", "المزة", "Mazzeh", 33.5030, 36.2470, 120),
        Place("malki", "المالكي", "Malki", 33.5160, 36.2730, 140),
        Place("bab-touma", "باب توما", "Bab Touma", 33.5128, 36.3150, 120),
        Place("jaramana", "جرمانا", "Jaramana", 33.4860, 36.3460, 130),
        Place("midan", "الميدان", "Midan", 33.4890, 36.2970, 110),
        Place("rukn-al-din", "ركن الدين", "Rukn al-Din", 33.5380, 36.2980, 130),
        Place("barzeh", "برزة", "Barzeh", 33.5520, 36.3200, 130),
        Place("dummar", "دمر", "Dummar", 33.5370, 36.2220, 140),
    )),
    City("aleppo", "حلب", "Aleppo", 250, (
        Place("aleppo-old-city", "حلب القديمة", "Old Aleppo", 36.1990, 37.1630, 120),
        Place("aziziyeh", "العزيزية", "Aziziyeh", 36.2090, 37.1510, 120),
        Place("new-aleppo", "حلب الجديدة", "New Aleppo", 36.2090, 37.0930, 140),
        Place("hamdaniyeh", "الحمدانية", "Hamdaniyeh", 36.1760, 37.0960, 140),
    )),
    City("homs", "حمص", "Homs", 250, (
        Place("homs-centre", "مركز حمص", "Homs centre", 34.7300, 36.7130, 110),
        Place("inshaat", "الإنشاءات", "Inshaat", 34.7180, 36.6930, 120),
        Place("waer", "الوعر", "Al-Waer", 34.7420, 36.6640, 130),
    )),
    City("hama", "حماة", "Hama", 250, (
        Place("hama-centre", "مركز حماة", "Hama centre", 35.1350, 36.7530, 110),
        Place("salamiyah", "السلمية", "Salamiyah", 35.0110, 37.0530, 180),
    )),
    City("latakia", "اللاذقية", "Latakia", 250, (
        Place("latakia-centre", "مركز اللاذقية", "Latakia centre", 35.5170, 35.7830, 110),
        Place("jableh", "جبلة", "Jableh", 35.3620, 35.9280, 160),
    )),
    City("tartus", "طرطوس", "Tartus", 250, (
        Place("tartus-centre", "مركز طرطوس", "Tartus centre", 34.8890, 35.8870, 110),
        Place("banias", "بانياس", "Banias", 35.1820, 35.9490, 160),
    )),
    City("deir-ez-zor", "دير الزور", "Deir ez-Zor", 250, (
        Place("deir-ez-zor-centre", "مركز دير الزور", "Deir ez-Zor centre", 35.3360, 40.1410, 110),
        Place("al-mayadin", "الميادين", "Al-Mayadin", 35.0190, 40.4530, 170),
    )),
)  # fmt: skip

Ring = tuple[tuple[float, float], ...]


def ring_around(place: Place, others: Sequence[Place]) -> Ring:
    """A closed ring, counter-clockwise (RFC 7946), that stays clear of every other place's ring."""
    nearest = min((distance_km(place, other) for other in others if other is not place), default=2 * LARGEST_KM)
    radius = min(LARGEST_KM, 0.48 * nearest)
    ring = tuple(_offset(place, radius, 2 * math.pi * corner / CORNERS) for corner in range(CORNERS))
    return (*ring, ring[0])


def box_around(places: Sequence[Place]) -> Ring:
    """A closed counter-clockwise box that holds the rings of all places."""
    west, east = min(p.longitude for p in places) - MARGIN, max(p.longitude for p in places) + MARGIN
    south, north = min(p.latitude for p in places) - MARGIN, max(p.latitude for p in places) + MARGIN
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return tuple((round(longitude, 5), round(latitude, 5)) for longitude, latitude in corners)


def distance_km(one: Place, other: Place) -> float:
    """Flat distance, good enough within one governorate."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return KM_PER_DEGREE * math.hypot(east, one.latitude - other.latitude)


def _offset(place: Place, km: float, angle: float) -> tuple[float, float]:
    east = km * math.cos(angle) / (KM_PER_DEGREE * math.cos(math.radians(place.latitude)))
    north = km * math.sin(angle) / KM_PER_DEGREE
    return round(place.longitude + east, 5), round(place.latitude + north, 5)
