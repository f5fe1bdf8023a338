"""The map over HTTP: drawn by admins, served by stores, read by shoppers."""

import itertools
from typing import Any

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.delivery_zones import DELIVERY_ZONES
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES
from daraa.declare import Point
from daraa.kernel.ids import new_id
from daraa.market.delivery.service import Delivery
from factories.couriers import dispatcher, together
from factories.delivery import square, syp
from factories.gate import signed_in
from factories.market import Storefront, Town

pytestmark = pytest.mark.anyio
_COUNT = itertools.count(1)
ZONES = "/v1/admin/delivery-zones"
CROSSED = {"coordinates": [[[40, 20], [41, 21], [41, 20], [40, 20.5], [40, 20]]]}


def drawing(**more: Any) -> dict[str, Any]:
    """A zone somewhere that no other test uses."""
    number = next(_COUNT)
    west = 40.0 + number
    return {
        "code": f"zone-{number}",
        "name": {"ar": f"منطقة {number}", "en": f"Zone {number}"},
        "kind": "district",
        "polygon": {"coordinates": [[list(place) for place in square(west, 20.0, 0.5).coordinates[0]]]},
        "center": {"lat": 20.25, "lng": west + 0.25},
        "fee": {"amount": 4_000, "currency": "SYP"},
        **more,
    }


async def drawn(town: Town, *, active: bool = True, **more: Any) -> dict[str, Any]:
    answer = await town.client.post(ZONES, json=drawing(**more), headers=dispatcher())
    assert answer.status_code == 201, answer.text
    zone: dict[str, Any] = answer.json()["data"]
    assert answer.headers["location"] == f"{ZONES}/{zone['id']}"
    return await switched(town, zone, "activate") if active else zone


async def switched(town: Town, zone: dict[str, Any], verb: str) -> dict[str, Any]:
    headers = {**dispatcher(), "if-match": f'"{zone["ver"]}"'}
    answer = await town.client.post(f"{ZONES}/{zone['id']}:{verb}", json={"reason": "planned"}, headers=headers)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()["data"]
    return changed


async def located(town: Town, zone: dict[str, Any]) -> str | None:
    answer = await town.client.get("/v1/delivery-zones:locate", params=zone["center"])
    assert answer.status_code == 200, answer.text
    found = answer.json()["data"]["zone"]
    return None if found is None else str(found["id"])


async def serve(town: Town, front: Storefront, zone_id: str, **terms: Any) -> Any:
    path = f"/v1/seller/stores/{front.id}/zones/{zone_id}"
    return await town.client.put(path, json=terms, headers=front.headers)


async def test_a_zone_is_delivered_to_from_its_activation_to_its_end(town: Town) -> None:
    zone = await drawn(town, active=False)
    assert await located(town, zone) is None
    zone = await switched(town, zone, "activate")
    assert await located(town, zone) == zone["id"]
    zone = await switched(town, zone, "deactivate")
    assert await located(town, zone) is None
    actions = await town.mongo.collection(AUDIT_LOGS).distinct("action", {"targetId": zone["id"]})
    assert len(actions) == await town.count(AUDIT_LOGS, targetId=zone["id"]) == 3


async def test_the_deepest_zone_is_found_and_shown_inside_its_parent(town: Town) -> None:
    city = await drawn(town, kind="city")
    west = city["center"]["lng"] - 0.05
    inner = {"coordinates": [[list(place) for place in square(west, 20.2, 0.1).coordinates[0]]]}
    child = await drawn(town, parent_id=city["id"], polygon=inner, center={"lat": 20.25, "lng": west + 0.05})
    assert child["depth"] == 1
    assert await located(town, child) == child["id"]
    tree = (await town.client.get("/v1/delivery-zones", headers={"accept-language": "en"})).json()["data"]
    node = next(each for each in tree if each["id"] == city["id"])
    assert [each["id"] for each in node["children"]] == [child["id"]]
    assert node["name"].startswith("Zone")
    await switched(town, city, "deactivate")
    assert await located(town, child) is None


async def test_zones_that_share_ground_with_another_are_told(town: Town) -> None:
    one, apart = await drawn(town), await drawn(town)
    west = one["center"]["lng"]
    across = {"coordinates": [[list(place) for place in square(west, 20.0, 0.5).coordinates[0]]]}
    two = await drawn(town, polygon=across, center={"lat": 20.25, "lng": west + 0.1}, rank=1)
    answer = await town.client.get(f"{ZONES}/{two['id']}/overlaps", headers=dispatcher())
    assert answer.status_code == 200, answer.text
    told = [each["id"] for each in answer.json()["data"]]
    assert told == [one["id"]]
    assert apart["id"] not in told
    assert await located(town, {"center": {"lat": 20.25, "lng": west + 0.1}}) == one["id"]


async def test_a_zone_is_read_with_its_borders_by_code_or_id(town: Town) -> None:
    zone = await drawn(town)
    by_code = await town.client.get(f"/v1/delivery-zones/{zone['code']}")
    by_id = await town.client.get(f"/v1/delivery-zones/{zone['id']}")
    assert by_code.json() == by_id.json()
    assert by_id.json()["data"]["polygon"]["coordinates"][0][0] == zone["polygon"]["coordinates"][0][0]
    hidden = await drawn(town, active=False)
    assert (await town.client.get(f"/v1/delivery-zones/{hidden['code']}")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"polygon": CROSSED}, "delivery.polygon.invalid"),
        ({"polygon": {"coordinates": [[[40, 20], [41, 20], [41, 21], [40, 21]]]}}, "delivery.polygon.invalid"),
        ({"center": {"lat": 0, "lng": 0}}, "delivery.zone.misplaced"),
        ({"parent_id": new_id("dzn")}, "delivery.zone.misplaced"),
        ({"min_total": {"amount": 5, "currency": "USD"}}, "delivery.currency.other"),
        ({"polygon": {"coordinates": [[[200, 20], [201, 20], [201, 21], [200, 20]]]}}, None),
        ({"polygon": {"coordinates": [[[40, 20], [41, 20], [40, 20]]]}}, None),
        ({"polygon": {"type": "Point", "coordinates": [40, 20]}}, None),
        ({"fee": {"amount": -1, "currency": "SYP"}}, None),
        ({"fee": {"amount": {"$gt": 0}, "currency": "SYP"}}, None),
        ({"code": "Not A Code"}, None),
        ({"eta_min_minutes": 90, "eta_max_minutes": 30}, None),
        ({"status": "active"}, None),
        ({"polygon": {"coordinates": [[[40, 20 + number / 1e4] for number in range(600)]] * 2}}, None),
    ],
)  # fmt: skip
async def test_a_zone_that_makes_no_sense_is_refused(town: Town, wrong: dict[str, Any], code: str | None) -> None:
    before = await town.count(DELIVERY_ZONES)
    answer = await town.client.post(ZONES, json=drawing(**wrong), headers=dispatcher())
    assert answer.status_code in (400, 422)
    if code is not None:
        assert answer.json()["code"] == code
    assert await town.count(DELIVERY_ZONES) == before


async def test_two_zones_cannot_have_one_code_even_when_drawn_at_once(town: Town) -> None:
    bodies = [drawing(code="the-same") for _ in range(6)]
    answers = await together(*(town.client.post(ZONES, json=body, headers=dispatcher()) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert await town.count(DELIVERY_ZONES, code="the-same") == 1


async def test_a_change_needs_the_version_that_was_seen(town: Town) -> None:
    zone = await drawn(town)
    path, headers = f"{ZONES}/{zone['id']}", dispatcher()
    body = {"fee": {"amount": 6_000, "currency": "SYP"}}
    assert (await town.client.patch(path, json=body, headers=headers)).status_code == 428
    stale = {**headers, "if-match": f'"{zone["ver"] - 1}"'}
    assert (await town.client.patch(path, json=body, headers=stale)).status_code == 412
    changed = await town.client.patch(path, json=body, headers={**headers, "if-match": f'"{zone["ver"]}"'})
    assert (changed.status_code, changed.json()["data"]["fee"]["amount"]) == (200, 6_000)
    assert changed.headers["etag"] == f'"{zone["ver"] + 1}"'
    crossed = {"polygon": CROSSED}
    now = {**headers, "if-match": changed.headers["etag"]}
    assert (await town.client.patch(path, json=crossed, headers=now)).json()["code"] == "delivery.polygon.invalid"
    for empty in ({}, {"fee": None}, {"code": "other"}):
        assert (await town.client.patch(path, json=empty, headers=now)).status_code in (400, 422)


async def test_of_ten_changes_of_one_version_one_counts(town: Town) -> None:
    zone = await drawn(town)
    headers = {**dispatcher(), "if-match": f'"{zone["ver"]}"'}
    answers = await together(
        *(town.client.patch(f"{ZONES}/{zone['id']}", json={"rank": rank}, headers=headers) for rank in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_zones_are_drawn_by_admins_with_the_right(town: Town) -> None:
    shopper = await town.shopper()
    for headers, status in (({}, 401), (shopper.headers, 403), (dispatcher("cash:receive"), 403)):
        assert (await town.client.post(ZONES, json=drawing(), headers=headers)).status_code == status
        assert (await town.client.get(ZONES, headers=headers)).status_code == status
    assert (await town.client.get(f"{ZONES}/{new_id('dzn')}", headers=dispatcher())).status_code == 404


async def test_a_store_serves_a_zone_on_its_own_terms_until_it_stops(town: Town) -> None:
    front, zone = await town.storefront(), await drawn(town)
    place = Point(coordinates=(zone["center"]["lng"], zone["center"]["lat"]))
    first = await serve(town, front, zone["id"], fee={"amount": 1_000, "currency": "SYP"})
    again = await serve(town, front, zone["id"], fee={"amount": 2_000, "currency": "SYP"}, eta_max_minutes=45)
    assert (first.status_code, again.status_code) == (201, 200)
    delivery = Delivery(town.mongo)
    quote = (await delivery.quote(place, None, {front.id: syp(10_000)}))[front.id]
    assert (quote.fee, quote.minutes_max) == (syp(2_000), 45)
    listed = (await town.client.get(f"/v1/seller/stores/{front.id}/zones", headers=front.headers)).json()["data"]
    assert [each["fee"] for each in listed if each["zone_id"] == zone["id"]] == [{"amount": 2_000, "currency": "SYP"}]
    for _ in range(2):
        path = f"/v1/seller/stores/{front.id}/zones/{zone['id']}"
        assert (await town.client.delete(path, headers=front.headers)).status_code == 204
    with pytest.raises(Exception, match="do not deliver"):
        await delivery.quote(place, None, {front.id: syp(10_000)})


async def test_terms_put_ten_times_at_once_are_one_row(town: Town) -> None:
    front, zone = await town.storefront(), await drawn(town)
    answers = await together(*(serve(town, front, zone["id"], rank=rank) for rank in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert await town.count(STORE_DELIVERY_ZONES, storeId=front.id, zoneId=zone["id"]) == 1


async def test_terms_of_another_store_or_zone_are_404(town: Town) -> None:
    front, other, zone = await town.storefront(), await town.storefront(), await drawn(town)
    path = f"/v1/seller/stores/{front.id}/zones/{zone['id']}"
    for headers, status in (({}, 401), (other.headers, 404), (signed_in(new_id("acc")), 404)):
        assert (await town.client.put(path, json={}, headers=headers)).status_code == status
        assert (await town.client.delete(path, headers=headers)).status_code == status
    assert (await serve(town, front, new_id("dzn"))).status_code == 404
    missing = f"/v1/seller/stores/{front.id}/zones/{new_id('dzn')}"
    assert (await town.client.delete(missing, headers=front.headers)).status_code == 404


@pytest.mark.parametrize(
    "terms",
    [
        {"fee": {"amount": 5, "currency": "USD"}},
        {"fee": {"amount": -5, "currency": "SYP"}},
        {"eta_min_minutes": 60, "eta_max_minutes": 30},
        {"rank": -1},
        {"store_id": new_id("sto")},
    ],
)
async def test_terms_that_make_no_sense_are_refused(town: Town, terms: dict[str, Any]) -> None:
    front, zone = await town.storefront(), await drawn(town)
    assert (await serve(town, front, zone["id"], **terms)).status_code in (400, 422)
    assert await town.count(STORE_DELIVERY_ZONES, storeId=front.id, zoneId=zone["id"]) == 0


@pytest.mark.parametrize(
    "query", ["", "?lat=1", "?lat=x&lng=1", "?lat=91&lng=1", "?lat=1&lng=1&$where=1", "?lat=nan&lng=1"]
)
async def test_a_place_must_be_one(town: Town, query: str) -> None:
    assert (await town.client.get(f"/v1/delivery-zones:locate{query}")).status_code in (400, 422)
