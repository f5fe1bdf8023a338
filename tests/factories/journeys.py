"""Requests about to be sent, whose process may die at any moment, and how it is seen that they happened once."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from daraa.collections.carts import CARTS
from daraa.collections.inventories import INVENTORIES
from daraa.collections.order_groups import ORDER_GROUPS
from factories.couriers import Trip, delivered, dispatcher, hand_over, keyed, picked_up
from factories.crash import DoomedTown
from factories.market import Rider, Shopper, Storefront, Town, in_json

MIXED = {"method": "mixed", "wallet_amount": in_json(4_000), "rest": "cash"}
CASH = 11_000
WALLET = {"method": "mixed", "wallet_amount": in_json(20_000), "rest": "cash"}


@dataclass(frozen=True)
class Prepared:
    """A request that is about to be sent, and the journal that it posts, however often it dies."""

    request: dict[str, Any]
    journal: str


Prepare = Callable[[Town, Storefront, Rider], Awaitable[Prepared]]


def a_request(path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body, "headers": keyed(headers, secrets.token_hex(12))}


async def on_the_road(town: Town, front: Storefront, rider: Rider) -> Trip:
    return await picked_up(town, front, rider, payment=MIXED, wallet=4_000)


async def a_closing(town: Town, front: Storefront, rider: Rider) -> Prepared:
    trip = await on_the_road(town, front, rider)
    body = await hand_over(town, trip, rider)
    return Prepared(a_request(f"{trip.task}:deliver", body, rider.headers), f"close:{trip.order_id}")


async def a_return(town: Town, front: Storefront, rider: Rider) -> Prepared:
    trip = await on_the_road(town, front, rider)
    refused = await town.client.post(f"{trip.task}:fail", json={"reason": "refused"}, headers=keyed(rider.headers))
    assert refused.status_code == 200, refused.text
    return Prepared(a_request(f"{trip.task}:return", {}, rider.headers), "refund:")


async def a_remittance(town: Town, front: Storefront, rider: Rider) -> Prepared:
    await delivered(town, front, rider, payment=MIXED, wallet=4_000)
    body = {"hub": "hub-daraa", "task_ids": "all"}
    declared = await town.client.post("/v1/courier/remittances", json=body, headers=keyed(rider.headers))
    assert declared.status_code == 201, declared.text
    remittance = declared.json()["data"]["id"]
    path = f"/v1/admin/remittances/{remittance}:receive"
    return Prepared(a_request(path, {"counted": in_json(CASH)}, dispatcher()), f"remit:{remittance}")


async def a_checkout(doomed: DoomedTown, stores: list[Storefront]) -> tuple[Shopper, dict[str, Any]]:
    """A full cart of two stores, and the request that places it: a part from the wallet, the rest in cash."""
    town = doomed.town
    shopper = await town.shopper(wallet=50_000)
    await town.fill_cart(shopper, {store.variant.id: 2 for store in stores} | {stores[0].variants[1].id: 1})
    quoted = await town.quote(shopper, payment_method="mixed", wallet_amount=20_000, rest="cash")
    body = {
        "address_id": shopper.address.id, "payment": WALLET,
        "expected_total": in_json(quoted["totals"]["total"]["amount"]),
    }  # fmt: skip
    headers = shopper.once(secrets.token_hex(12))
    return shopper, {"method": "POST", "path": "/v1/cart/checkout", "body": body, "headers": headers}


async def settle(doomed: DoomedTown, shopper: Shopper, request: dict[str, Any], *, sweep_first: bool) -> None:
    """The customer tries again, the sweepers run: in either order there is one group, and nothing is left behind."""
    town = doomed.town
    await doomed.let_time_pass()
    if sweep_first:
        await doomed.sweep()
    first = await doomed.send(request)
    again = await doomed.send(request)
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    await doomed.let_time_pass()
    await doomed.sweep()
    await doomed.recover()
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1
    assert await town.count(CARTS, customerId=shopper.id, state="completed") == 1
    assert await town.count(INVENTORIES, **{"holds.0": {"$exists": True}}) == 0
    assert (await town.wallet_of(shopper.id)).available == 30_000
    await doomed.prove()
