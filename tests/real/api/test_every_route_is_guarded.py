"""Nobody reaches what is not theirs: every operation of the API's description, against everybody who may not.

Nothing here names a route but the lists of exceptions: a new route is tested from the day it is described, turns the
test red when it is open to all and not listed, or when its path names something that `factories.world` does not have.
"""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from factories.couriers import keyed
from factories.installation import served
from factories.market import in_json
from factories.world import OPERATIONS, Operation, World, notification_of, open_world
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
KEPT_OUT = (401, 403, 404)
PUBLIC = {
    "GET /health/live": "the process manager asks it, without an account",
    "GET /health/ready": "the load balancer asks it, without an account",
    "POST /v1/auth/otp": "logging in begins here",
    "POST /v1/auth/otp/verify": "the code is the credential",
    "POST /v1/auth/password": "the password is the credential",
    "POST /v1/auth/refresh": "the refresh token is the credential",
    "GET /v1/categories": "the shop window",
    "GET /v1/categories/{key}": "the shop window",
    "GET /v1/store-categories": "the shop window",
    "GET /v1/store-categories/{key}": "the shop window",
    "GET /v1/stores": "the shop window",
    "GET /v1/stores/{key}": "the shop window",
    "GET /v1/products": "the shop window",
    "GET /v1/products/{key}": "the shop window",
    "GET /v1/delivery-zones": "where we deliver is told to everybody",
    "GET /v1/delivery-zones:locate": "where we deliver is told to everybody",
    "GET /v1/delivery-zones/{key}": "where we deliver is told to everybody",
    "POST /v1/carts/guest": "a cart without an account; the key it answers is the credential of all that follows",
    "POST /v1/hooks/{provider}": "the provider's signature is the credential",
}
OPEN_TO_STAFF = {
    "GET /v1/seller/stores/{store_id}",
    "GET /v1/seller/stores/{store_id}/products",
    "GET /v1/seller/stores/{store_id}/products/{product_id}",
    "GET /v1/seller/stores/{store_id}/products/{product_id}/variants/{variant_id}",
    "GET /v1/seller/stores/{store_id}/products/{product_id}/variants/{variant_id}/prices",
    "GET /v1/seller/stores/{store_id}/variants",
    "GET /v1/seller/stores/{store_id}/inventory",
    "GET /v1/seller/stores/{store_id}/inventory/low",
    "GET /v1/seller/stores/{store_id}/inventory/{inventory_id}",
    "GET /v1/seller/stores/{store_id}/inventory/{inventory_id}/movements",
    "GET /v1/seller/stores/{store_id}/zones",
}
"""What everybody who works in a store may look at, whatever their rights."""
PROTECTED = [each for each in OPERATIONS if each.is_protected]
OBJECTS = [each for each in PROTECTED if each.names()]
SELLER_OBJECTS = [each for each in OBJECTS if each.path.startswith("/v1/seller/")]
THE_PLATFORMS = ("zone_id",)
"""What belongs to no store, though it is named below one."""
BELOW_A_STORE = [each for each in SELLER_OBJECTS if {*each.names()} - {"store_id", *THE_PLATFORMS}]
WRITES = sorted(
    (each for each in OBJECTS if each.method != "GET"),
    key=lambda each: (each.path.startswith("/v1/admin/"), each.method == "DELETE"),
)
"""Those that take things away come last, and after them admins, who suspend what the others need."""


@pytest.fixture(scope="module")
async def world(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with open_world(mongo_server, redis_server, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
async def at_the_door(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The same installation behind its real gate."""
    async with served(world.town.settings) as client:
        yield client


def _unsigned_token(account_id: str) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": account_id, "exp": 4_000_000_000, "roles": ["admin"]})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_only_the_listed_operations_are_open_to_everybody() -> None:
    assert {str(each) for each in OPERATIONS if not each.is_protected} == set(PUBLIC)


def test_the_exceptions_for_staff_are_routes_that_there_are() -> None:
    assert {str(each) for each in SELLER_OBJECTS} >= OPEN_TO_STAFF


@pytest.mark.parametrize("operation", PROTECTED, ids=str)
async def test_without_a_good_token_nothing_is_told(
    operation: Operation, world: World, at_the_door: httpx.AsyncClient
) -> None:
    path = world.address(operation)
    believed = world.owner(operation.path)["authorization"]
    unsigned = f"Bearer {_unsigned_token(world.shopper.id)}"
    for token in (None, "Bearer garbage", "Basic YWRtaW46YWRtaW4=", "Bearer", unsigned, believed):
        headers = {"if-match": '"1"', "idempotency-key": "anonymous-1"} | ({"authorization": token} if token else {})
        answer = await at_the_door.request(operation.method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "accounts.login.needed"), (token, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", OBJECTS, ids=str)
async def test_a_stranger_is_kept_out_and_changes_nothing(operation: Operation, world: World) -> None:
    for whoever, headers in world.intruders(operation.path).items():
        answer = await world.send(operation, headers)
        assert answer.status_code in KEPT_OUT, (whoever, answer.status_code, answer.text)
    assert await world.changed() == {}


@pytest.mark.parametrize("operation", BELOW_A_STORE, ids=str)
async def test_a_stores_path_never_leads_to_another_stores_things(operation: Operation, world: World) -> None:
    answer = await world.send(operation, world.other_front.headers, store_id=world.other_front.id)
    assert answer.status_code in KEPT_OUT, answer.text
    assert await world.changed() == {}


@pytest.mark.parametrize("operation", [each for each in SELLER_OBJECTS if str(each) not in OPEN_TO_STAFF], ids=str)
async def test_staff_without_the_right_are_refused(operation: Operation, world: World) -> None:
    answer = await world.send(operation, world.staff)
    assert answer.status_code == 403, answer.text
    assert await world.changed() == {}


@pytest.mark.parametrize("operation", [each for each in OBJECTS if each.method == "GET"], ids=str)
async def test_whose_it_is_sees_it(operation: Operation, world: World) -> None:
    answer = await world.send(operation, world.owner(operation.path))
    assert answer.status_code == 200, answer.text


async def test_foreign_ids_in_a_body_lead_nowhere(world: World) -> None:
    mine, foreign = world.stranger, world.ids
    before = await world.town.client.get("/v1/cart", headers=mine.headers)
    cart = {"if-match": before.headers["etag"]}
    read = {"ids": [await notification_of(world, world.shopper.id)]}
    checkout = {"address_id": foreign["address_id"], "payment": {"method": "cash"}, "expected_total": in_json(15_000)}
    stock = {"variant_id": foreign["variant_id"], "delta": 5, "reason": "found more"}
    their_stock = f"/v1/seller/stores/{world.other_front.id}/inventory/adjustments"
    declared = {"hub": "hub-1", "task_ids": [foreign["task_id"]]}
    for path, body, who in (
        ("/v1/cart/address", {"address_id": foreign["address_id"]}, mine.headers | cart),
        ("/v1/cart/checkout", checkout, mine.headers),
        (their_stock, stock, world.other_front.headers),
        ("/v1/courier/remittances", declared, world.other_rider.headers),
    ):
        method = "PUT" if path.endswith("address") else "POST"
        answer = await world.town.client.request(method, path, json=body, headers=keyed(who))
        assert answer.status_code in (404, 409, 422), (path, answer.text)
    marked = await world.town.client.post("/v1/notifications:mark-read", json=read, headers=mine.headers)
    assert marked.json()["data"]["marked"] == 0
    assert set(await world.changed()) <= {"carts"}, "a checkout takes the cart, and gives it back"
    after = await world.town.client.get("/v1/cart", headers=mine.headers)
    assert after.json()["data"] | {"version": 0} == before.json()["data"] | {"version": 0}


@pytest.mark.parametrize("operation", WRITES, ids=str)
async def test_whose_it_is_may_send_what_strangers_may_not(operation: Operation, world: World) -> None:
    answer = await world.send(operation, world.owner(operation.path))
    assert answer.status_code not in (400, *KEPT_OUT), answer.text
