"""Points in polygons and bad polygons, with borders, holes and the order of the coordinates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.declare import Point, Polygon
from daraa.market.delivery.geometry import box_of, covers, problem_of

DARAA = (36.10, 32.62)


def ring(*places: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return (*places, places[0])


def polygon(*rings: tuple[tuple[float, float], ...]) -> Polygon:
    return Polygon(coordinates=rings)


def at(longitude: float, latitude: float) -> Point:
    return Point(coordinates=(longitude, latitude))


SQUARE = ring((36.0, 32.0), (37.0, 32.0), (37.0, 33.0), (36.0, 33.0))
HOLE = ring((36.4, 32.4), (36.6, 32.4), (36.6, 32.6), (36.4, 32.6))
NOTCHED = ring((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0))


def test_a_point_is_found_by_longitude_first() -> None:
    assert covers(polygon(SQUARE), at(*DARAA))
    assert not covers(polygon(SQUARE), at(DARAA[1], DARAA[0]))


@pytest.mark.parametrize("place", [(36.0, 32.5), (37.0, 32.5), (36.5, 32.0), (36.5, 33.0), (36.0, 32.0), (37.0, 33.0)])
def test_the_border_and_its_corners_belong_to_the_area(place: tuple[float, float]) -> None:
    assert covers(polygon(SQUARE), at(*place))


def test_a_slanting_border_belongs_to_the_area() -> None:
    triangle = polygon(ring((0.0, 0.0), (3.0, 1.0), (0.0, 2.0)))
    assert covers(triangle, at(1.5, 0.5))
    assert not covers(triangle, at(1.5, 0.5 - 1e-6))


def test_a_hole_is_not_covered_but_its_border_is() -> None:
    with_hole = polygon(SQUARE, HOLE)
    assert covers(with_hole, at(36.2, 32.5))
    assert not covers(with_hole, at(36.5, 32.5))
    assert covers(with_hole, at(36.4, 32.5))


def test_the_notch_of_a_concave_area_is_outside() -> None:
    assert not covers(polygon(NOTCHED), at(2.0, 2.0))
    assert covers(polygon(NOTCHED), at(0.5, 2.0))
    assert covers(polygon(NOTCHED), at(3.5, 2.0))


def test_a_ray_through_a_corner_is_not_counted_twice() -> None:
    diamond = polygon(ring((0.0, 1.0), (1.0, 0.0), (2.0, 1.0), (1.0, 2.0)))
    assert covers(diamond, at(0.5, 1.0))
    assert not covers(diamond, at(-1.0, 1.0))
    assert not covers(diamond, at(-1.0, 0.0))


def test_the_direction_of_a_ring_does_not_matter() -> None:
    backwards = polygon(tuple(reversed(SQUARE)))
    assert covers(backwards, at(*DARAA))
    assert problem_of(backwards) is None


@given(
    corners=st.integers(3, 40),
    radius=st.floats(0.01, 2.0),
    share=st.floats(0.0, 3.0),
    angle=st.floats(0.0, 2 * math.pi),
)
def test_a_regular_polygon_covers_what_is_inside_its_inner_circle_alone(
    corners: int, radius: float, share: float, angle: float
) -> None:
    turns = [2 * math.pi * number / corners for number in range(corners)]
    area = polygon(ring(*((36 + radius * math.cos(turn), 32 + radius * math.sin(turn)) for turn in turns)))
    distance = share * radius
    inner = radius * math.cos(math.pi / corners)
    place = at(36 + distance * math.cos(angle), 32 + distance * math.sin(angle))
    assert problem_of(area) is None
    if distance < inner * 0.999:
        assert covers(area, place)
    elif distance > radius * 1.001:
        assert not covers(area, place)


def test_a_good_polygon_with_holes_has_no_problem() -> None:
    far = ring((36.7, 32.7), (36.8, 32.7), (36.8, 32.8))
    assert problem_of(polygon(SQUARE, HOLE, far)) is None
    assert problem_of(polygon(NOTCHED)) is None


@pytest.mark.parametrize(
    ("rings", "word"),
    [
        ((), "no ring"),
        ((((0.0, 0.0), (1.0, 0.0), (0.0, 0.0)),), "fewer than four"),
        ((((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),), "not closed"),
        ((ring((0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 1.0)),), "crosses itself"),
        ((ring((0.0, 0.0), (1.0, 0.0), (2.0, 0.0)),), "no area"),
        ((ring((0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 1.0)),), "twice"),
        ((ring((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 0.0), (0.0, 4.0)),), "crosses itself"),
        ((ring((0.0, 0.0), (4.0, 0.0), (2.0, 0.0), (2.0, 3.0)),), "crosses itself"),
        ((SQUARE, ring((35.0, 32.4), (36.6, 32.4), (36.6, 32.6))), "not inside"),
        ((SQUARE, HOLE, ring((36.45, 32.45), (36.55, 32.45), (36.5, 32.55))), "overlaps"),
        ((SQUARE, HOLE, ring((36.5, 32.5), (36.9, 32.5), (36.9, 32.55))), "overlaps"),
        ((SQUARE, HOLE, ring((36.3, 32.5), (36.7, 32.49), (36.7, 32.51))), "cross each other"),
        ((NOTCHED, ring((0.3, 2.0), (3.7, 2.0), (2.0, 0.2))), "cross each other"),
    ],
)
def test_a_bad_polygon_is_told_why(rings: tuple[tuple[tuple[float, float], ...], ...], word: str) -> None:
    assert word in (problem_of(polygon(*rings)) or "")


def test_a_long_ring_is_checked_in_a_moment() -> None:
    turns = [2 * math.pi * number / 999 for number in range(999)]
    area = polygon(ring(*((36 + math.cos(turn), 32 + math.sin(turn)) for turn in turns)))
    assert problem_of(area) is None
    assert box_of(area) == pytest.approx((35.0, 31.0, 37.0, 33.0), abs=1e-3)
