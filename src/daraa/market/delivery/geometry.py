"""Whether a point lies in a polygon and whether a polygon is one: pure, because not every server's geo index is fast.

Coordinates are [longitude, latitude] in degrees, and edges are straight lines between them on that grid. Zones span a
few kilometres, where the difference to the great circle is millimetres. No zone crosses the date line.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from daraa.declare import Point, Polygon

Position: TypeAlias = tuple[float, float]
Ring: TypeAlias = Sequence[Position]
ON_BORDER_DEGREES = 1e-9
"""How near to an edge counts as on it: a tenth of a millimetre."""


def covers(polygon: Polygon, point: Point) -> bool:
    """True when the point is inside the outer ring and in no hole; the border of either belongs to the area."""
    outer, *holes = polygon.coordinates
    place = point.coordinates
    if any(_on_ring(ring, place) for ring in polygon.coordinates):
        return True
    return _inside(outer, place) and not any(_inside(hole, place) for hole in holes)


def box_of(polygon: Polygon) -> tuple[float, float, float, float]:
    """The least and greatest longitude and latitude: west, south, east, north."""
    longitudes = [place[0] for place in polygon.coordinates[0]]
    latitudes = [place[1] for place in polygon.coordinates[0]]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def problem_of(polygon: Polygon) -> str | None:
    """Why this is no area; None for a good one: closed rings that cross neither themselves nor each other."""
    if not polygon.coordinates:
        return "it has no ring"
    for number, ring in enumerate(polygon.coordinates):
        name = "the outer ring" if number == 0 else f"hole {number}"
        fault = _ring_problem(ring)
        if fault is not None:
            return f"{name} {fault}"
    outer, *holes = polygon.coordinates
    for number, hole in enumerate(holes, 1):
        if not all(_inside(outer, place) for place in hole):
            return f"hole {number} is not inside the outer ring"
        others = holes[: number - 1]
        if any(_inside(other, hole[0]) or _inside(hole, other[0]) for other in others):
            return f"hole {number} overlaps another hole"
    if _crossing([segment for ring in polygon.coordinates for segment in _segments(ring)]):
        return "its rings cross each other"
    return None


def _ring_problem(ring: Ring) -> str | None:
    if len(ring) < 4:
        return "has fewer than four positions"
    if ring[0] != ring[-1]:
        return "is not closed: its last position must repeat the first"
    if len(set(ring)) != len(ring) - 1:
        return "visits a position twice"
    if abs(_area(ring)) < ON_BORDER_DEGREES**2:
        return "has no area"
    return "crosses itself" if _crossing(list(_segments(ring))) else None


def _inside(ring: Ring, place: Position) -> bool:
    """Ray casting: a ray to the east crosses the ring an odd number of times; points on the ring are not asked here."""
    x, y = place
    found = False
    for (x1, y1), (x2, y2) in _segments(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            found = not found
    return found


def _on_ring(ring: Ring, place: Position) -> bool:
    return any(_distance(place, start, end) <= ON_BORDER_DEGREES for start, end in _segments(ring))


def _distance(place: Position, start: Position, end: Position) -> float:
    """From a place to a segment, in degrees."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else ((place[0] - start[0]) * dx + (place[1] - start[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    off_x, off_y = place[0] - start[0] - along * dx, place[1] - start[1] - along * dy
    return float((off_x * off_x + off_y * off_y) ** 0.5)


def _segments(ring: Ring) -> Iterator[tuple[Position, Position]]:
    return itertools.pairwise(ring)


def _area(ring: Ring) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _segments(ring)) / 2


def _crossing(segments: list[tuple[Position, Position]]) -> bool:
    """True when two segments touch anywhere but at an end that both share; swept from west to east."""
    ordered = sorted(segments, key=lambda segment: min(segment[0][0], segment[1][0]))
    for number, one in enumerate(ordered):
        east = max(one[0][0], one[1][0])
        for other in ordered[number + 1 :]:
            if min(other[0][0], other[1][0]) > east:
                break
            if _touch(one, other):
                return True
    return False


def _touch(one: tuple[Position, Position], other: tuple[Position, Position]) -> bool:
    shared = set(one) & set(other)
    if len(shared) == 2:
        return True
    if shared:
        # Neighbours meet at their common end; they touch beyond it only when one folds back onto the other.
        (corner,) = shared
        ends = [place for place in (*one, *other) if place != corner]
        return _turn(corner, ends[0], ends[1]) == 0 and _ahead(corner, ends[0], ends[1])
    (a, b), (c, d) = one, other
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends_on = zip(turns, ((a, b, c), (a, b, d), (c, d, a), (c, d, b)), strict=True)
    return any(turn == 0 and _between(*places) for turn, places in ends_on)


def _turn(a: Position, b: Position, c: Position) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _ahead(corner: Position, one: Position, other: Position) -> bool:
    return (one[0] - corner[0]) * (other[0] - corner[0]) + (one[1] - corner[1]) * (other[1] - corner[1]) > 0


def _between(a: Position, b: Position, place: Position) -> bool:
    return min(a[0], b[0]) <= place[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= place[1] <= max(a[1], b[1])
