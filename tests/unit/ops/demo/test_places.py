"""The zones: real places, valid polygons, and nobody in two of them."""

import math
from datetime import UTC, datetime
from itertools import combinations, pairwise

from daraa.ops.demo.block import build_cell
from daraa.ops.demo.chance import Source
from daraa.ops.demo.foundation import lay_foundation
from daraa.ops.demo.places import REGIONS, Place, box_around, distance_km, ring_around
from daraa.ops.demo.scale import cells

Ring = list[list[float]]


def area(ring: Ring) -> float:
    """Twice the signed area: positive when the ring runs counter-clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def holds(ring: Ring, position: list[float]) -> bool:
    """A convex counter-clockwise ring holds what lies left of all its edges."""
    x, y = position
    return all((x2 - x1) * (y - y1) >= (y2 - y1) * (x - x1) for (x1, y1), (x2, y2) in pairwise(ring))


def reach_km(place: Place, ring: Ring) -> float:
    return max(distance_km(place, place._replace(longitude=lon, latitude=lat)) for lon, lat in ring)


def test_rings_are_closed_and_run_counter_clockwise() -> None:
    for region in REGIONS:
        for ring in (box_around(region.places), *(ring_around(place, region.places) for place in region.places)):
            assert ring[0] == ring[-1]
            assert len({tuple(corner) for corner in ring}) == len(ring) - 1
            assert area(ring) > 0


def test_neighbouring_zones_do_not_overlap_and_lie_in_their_region() -> None:
    for region in REGIONS:
        rings = {place: ring_around(place, region.places) for place in region.places}
        for one, other in combinations(region.places, 2):
            assert reach_km(one, rings[one]) + reach_km(other, rings[other]) < distance_km(one, other) + 0.01
        box = box_around(region.places)
        assert all(holds(box, corner) for ring in rings.values() for corner in ring)


def test_the_places_lie_in_southern_syria() -> None:
    for region in REGIONS:
        for place in region.places:
            assert 32.3 < place.latitude < 33.6
            assert 35.9 < place.longitude < 36.6
    daraa, damascus = REGIONS[0].places[0], REGIONS[1].places[0]
    assert math.isclose(distance_km(daraa, damascus), 99, abs_tol=3)


def test_every_address_lies_in_the_polygon_of_its_zone() -> None:
    base = lay_foundation(Source(1, datetime(2026, 11, 23, tzinfo=UTC)), 3600)
    rings = {row["_id"]: row["polygon"]["coordinates"][0] for row in base.rows["delivery_zones"]}
    seen = set()
    for cell in cells(3600):
        for row in build_cell(base, cell)["addresses"]:
            assert holds(rings[row["zoneId"]], row["location"]["coordinates"])
            seen.add(row["zoneId"])
    assert len(seen) == sum(len(region.places) for region in REGIONS)
