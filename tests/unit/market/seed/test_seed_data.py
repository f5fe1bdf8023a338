"""The seed as data: whole in both languages, places valid and apart, and a word for every event."""

import itertools
import re
from datetime import UTC, datetime

import pytest

from daraa.collections.notifications import Channel
from daraa.collections.orders import OrderStatus
from daraa.market.notifications.telling import SLOTS, TELLINGS
from daraa.market.notifications.wording import slots, stray_braces
from daraa.market.seed import wanted
from daraa.market.seed.messages import TEXTS
from daraa.market.seed.places import CITIES, City, Place, box_around, ring_around
from daraa.market.seed.wanted import Known

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NOTHING = Known({}, {}, {})
ARABIC = re.compile(r"[\u0600-\u06ff]")
SENTENCE_LIMIT = 140
"""Two SMS in Arabic, with room for what fills the slots."""


def test_every_message_that_an_event_leads_to_has_its_words() -> None:
    assert set(TEXTS) == set(SLOTS)


def test_every_step_of_an_order_is_told() -> None:
    steps = {f"order.{status.value}" for status in OrderStatus if status is not OrderStatus.PENDING}
    assert steps | {"order.placed", "order.paid"} <= set(TELLINGS)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_text_is_in_both_scripts_and_uses_what_its_event_fills(key: str) -> None:
    text = TEXTS[key]
    arabic, english = (text.title_ar, text.body_ar), (text.title_en, text.body_en)
    assert all(ARABIC.search(part) for part in arabic)
    assert not any(ARABIC.search(part) for part in english)
    assert slots(*arabic) == slots(*english) <= SLOTS[key]
    assert not any(stray_braces(part) for part in (*arabic, *english))
    assert Channel.IN_APP in text.channels
    assert max(map(len, (*arabic, *english))) <= SENTENCE_LIMIT


def test_nobody_is_sent_an_address_or_a_number_to_call() -> None:
    assert not {"address", "phone", "name", "recipient"} & set().union(*SLOTS.values())


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.code)
def test_the_districts_of_a_city_lie_in_it_and_apart(city: City) -> None:
    box = box_around(city.places)
    (west, south), (east, north) = box[0], box[2]
    rings = {place.code: ring_around(place, city.places) for place in city.places}
    for ring in rings.values():
        assert ring[0] == ring[-1]
        assert area(ring) > 0, "counter-clockwise"
        assert all(west < lon < east and south < lat < north for lon, lat in ring)
    for one, other in itertools.permutations(city.places, 2):
        assert not any(covers(rings[one.code], point) for point in rings[other.code])


def test_cities_do_not_overlap() -> None:
    boxes = [box_around(city.places) for city in CITIES]
    for one, other in itertools.combinations(boxes, 2):
        apart = one[1][0] < other[0][0] or other[1][0] < one[0][0] or one[2][1] < other[0][1] or other[2][1] < one[0][1]
        assert apart


def test_places_are_in_syria_and_named_once() -> None:
    places: list[City | Place] = [*CITIES, *(place for city in CITIES for place in city.places)]
    assert len({place.code for place in places}) == len(places)
    for place in (place for city in CITIES for place in city.places):
        assert 32.2 < place.latitude < 37.4
        assert 35.6 < place.longitude < 42.4


def test_ids_follow_from_the_keys_so_that_two_seeds_make_the_same() -> None:
    first = [each.id for each in (*wanted.zones(NOTHING, NOW), *wanted.templates(NOW))]
    again = [each.id for each in (*wanted.zones(NOTHING, NOW), *wanted.templates(NOW))]
    assert first == again
    assert len(set(first)) == len(first)


def test_new_leaves_hang_on_the_roots_that_stand() -> None:
    zone, top, food, kind = (wanted.seed_id(prefix, "elsewhere") for prefix in ("dzn", "cat", "cat", "sct"))
    known = Known({"daraa": zone}, {"food": (top, food)}, {"food-stores": kind})
    assert {each.parent_id for each in wanted.zones(known, NOW) if each.code == "nawa"} == {zone}
    (bread,) = (each for each in wanted.categories(known, NOW) if each.slug == "bread-and-pastry")
    assert (bread.parent_id, bread.ancestors, bread.depth) == (food, (top, food), 2)
    assert {each.parent_id for each in wanted.store_kinds(known, NOW) if each.slug == "bakery"} == {kind}


def area(ring: tuple[tuple[float, float], ...]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / 2


def covers(ring: tuple[tuple[float, float], ...], point: tuple[float, float]) -> bool:
    return all(
        (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1) >= 0
        for (x1, y1), (x2, y2) in itertools.pairwise(ring)
    )
