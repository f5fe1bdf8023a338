"""The way of an order from the cart to the door, step by step over HTTP, for tests that begin somewhere on it."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile
from daraa.collections.delivery_tasks import DELIVERY_TASKS, DeliveryTask
from daraa.collections.journals import JOURNALS
from daraa.kernel.ids import new_id
from daraa.market.delivery.task_service import Tasks
from factories.gate import as_admin
from factories.market import Rider, Shopper, Storefront, Town

DELIVERY_RIGHTS = ("courier:approve", "courier:suspend", "zone:write", "task:assign", "cash:receive")


def dispatcher(*rights: str) -> dict[str, str]:
    """A request by an admin of deliveries."""
    return as_admin(new_id("acc"), *(rights or DELIVERY_RIGHTS))


def keyed(headers: Mapping[str, str], key: str | None = None) -> dict[str, str]:
    """The same request with an Idempotency-Key, a new one if none is given."""
    return {**headers, "idempotency-key": key or secrets.token_hex(8)}


@dataclass(frozen=True)
class Trip:
    """One order on its way."""

    front: Storefront
    shopper: Shopper
    order_id: str
    task_id: str

    @property
    def task(self) -> str:
        """Where its courier finds it."""
        return f"/v1/courier/tasks/{self.task_id}"


async def task_of(town: Town, order_id: str) -> DeliveryTask:
    """The task of an order as it is stored."""
    found = await town.mongo.collection(DELIVERY_TASKS).find_one({"orderId": order_id})
    assert found is not None
    return DeliveryTask.model_validate(found, strict=False)


async def courier_of(town: Town, rider: Rider) -> CourierProfile:
    """A courier as stored."""
    found = await town.mongo.collection(COURIER_PROFILES).find_one({"_id": rider.profile.id})
    assert found is not None
    return CourierProfile.model_validate(found, strict=False)


async def custody_of(town: Town, rider: Rider) -> int:
    """What the ledger says that a courier carries, in minor units."""
    account = f"custody:{rider.profile.id}"
    rows = await town.mongo.collection(JOURNALS).find({"entries.account": account}).to_list()
    return -sum(each["amount"]["amount"] for row in rows for each in row["entries"] if each["account"] == account)


async def confirmed(
    town: Town, front: Storefront, *, payment: Mapping[str, Any] | None = None, wallet: int = 0, quantity: int = 1
) -> Trip:
    """A bought and confirmed order whose task waits."""
    shopper = await town.shopper(wallet)
    group = await town.bought(shopper, {front.variant.id: quantity}, payment)
    order_id = group["orders"][0]["id"]
    await town.relay()
    await seller(town, front, order_id, "confirm")
    await town.relay()
    return Trip(front, shopper, order_id, (await task_of(town, order_id)).id)


async def seller(town: Town, front: Storefront, order_id: str, *verbs: str) -> None:
    """The store takes an order on."""
    for verb in verbs:
        answer = await town.client.post(f"{front.orders}/{order_id}:{verb}", headers=front.headers)
        assert answer.status_code == 200, answer.text


async def accepted(town: Town, trip: Trip, rider: Rider) -> None:
    """An admin gives the task to the courier."""
    answer = await assign(town, trip, rider)
    assert answer.status_code == 200, answer.text


async def assign(town: Town, trip: Trip, rider: Rider) -> httpx.Response:
    """An admin says who is to carry a task."""
    body = {"courier_id": rider.profile.id, "reason": "nobody else is near"}
    return await town.client.post(f"/v1/admin/delivery-tasks/{trip.task_id}:assign", json=body, headers=dispatcher())


async def picked_up(town: Town, front: Storefront, rider: Rider, **more: Any) -> Trip:
    """An order in the hands of its courier."""
    trip = await confirmed(town, front, **more)
    await seller(town, front, trip.order_id, "prepare", "ready")
    await accepted(town, trip, rider)
    answer = await town.client.post(f"{trip.task}:pickup", headers=rider.headers)
    assert answer.status_code == 200, answer.text
    return trip


async def hand_over(town: Town, trip: Trip, rider: Rider) -> dict[str, Any]:
    """What the courier sends at the door: the customer's PIN and exactly the cash that is due."""
    seen = await town.client.get(f"/v1/orders/{trip.order_id}/tracking", headers=trip.shopper.headers)
    assert seen.status_code == 200, seen.text
    delivery = seen.json()["data"]["delivery"]
    return {"pin": delivery["pin"], "cash_collected": delivery["cod_due"]}


async def deliver(
    town: Town, trip: Trip, rider: Rider, body: Mapping[str, Any] | None = None, key: str | None = None
) -> httpx.Response:
    """Send the hand-over."""
    body = body if body is not None else await hand_over(town, trip, rider)
    return await town.client.post(f"{trip.task}:deliver", json=dict(body), headers=keyed(rider.headers, key))


async def delivered(town: Town, front: Storefront, rider: Rider, **more: Any) -> Trip:
    """A closed order."""
    trip = await picked_up(town, front, rider, **more)
    answer = await deliver(town, trip, rider)
    assert answer.status_code == 200, answer.text
    return trip


async def sweep(town: Town) -> Mapping[str, int]:
    """Offer what waits, as the job does."""
    return await town.market.get(Tasks).sweep_offers()


async def together(*requests: Any) -> list[httpx.Response]:
    """Send requests at the same time."""
    return list(await asyncio.gather(*requests))
