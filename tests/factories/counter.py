"""Behind the counter: requests that open stores and make goods, as a seller's app sends them."""

import itertools
import json
from typing import Any

import httpx

from daraa.collections.accounts import Account
from daraa.collections.categories import Category
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.kernel.ids import new_id
from factories.catalog import a_kind
from factories.gate import as_admin, signed_in
from factories.market import Town, in_json

_COUNT = itertools.count(1)


def an_application(kind: StoreCategory, **more: Any) -> dict[str, Any]:
    """A store with what it needs."""
    number = next(_COUNT)
    return {
        "slug": f"corner-shop-{number}",
        "name": {"ar": f"دكان الحارة {number}", "en": f"Corner shop {number}"},
        "category_ids": [kind.id],
        "phone": "+963933000111",
        "tax_number": "TAX 77",
        "payout_account": "SY00 1234",
        **more,
    }


def some_goods(category_id: str, **more: Any) -> dict[str, Any]:
    """A product with one variant."""
    number = next(_COUNT)
    return {
        "category_id": category_id,
        "name": {"ar": f"عسل أحمد البلدي {number}", "en": f"Ahmad's honey {number}"},
        "description": {"ar": "عسل من حوران", "en": "Honey from the Hauran"},
        "variants": [a_form()],
        **more,
    }


def a_form(price: int = 10_000, **more: Any) -> dict[str, Any]:
    """A variant."""
    return {"sku": f"HON-{next(_COUNT)}", "price": in_json(price), **more}


async def person(town: Town) -> Account:
    """Somebody with an account."""
    return (await town.shopper()).account


async def open_store(town: Town, kind: StoreCategory, owner: Account, **more: Any) -> dict[str, Any]:
    """Apply for a store; as it was answered."""
    answer = await town.client.post("/v1/seller/stores", json=an_application(kind, **more), headers=signed_in(owner.id))
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def decide(town: Town, store_id: str, verb: str, reason: str | None = "checked it") -> httpx.Response:
    """An admin's decision about a store."""
    body = {"reason": reason} if reason else {}
    return await town.client.post(f"/v1/admin/stores/{store_id}:{verb}", json=body, headers=as_admin(town_admin(town)))


def town_admin(town: Town) -> str:
    """The id of the town's admin."""
    return town.admin["authorization"].removeprefix("Bearer ").split(";")[0]


async def staff_of(town: Town, store_id: str, owner: Account, *scopes: str) -> Account:
    """Somebody who has accepted the owner's invitation."""
    invited = await person(town)
    answer = await town.client.post(
        f"/v1/seller/stores/{store_id}/members",
        json={"phone": invited.phone, "scopes": list(scopes)},
        headers=signed_in(owner.id),
    )
    assert answer.status_code == 201, answer.text
    accepted = await town.client.post(f"/v1/me/memberships/{store_id}:accept", headers=signed_in(invited.id))
    assert accepted.status_code == 200, accepted.text
    return invited


class Counter:
    """One open store and its owner, who sends requests."""

    def __init__(self, town: Town, store: dict[str, Any], owner_id: str, category: Category) -> None:
        self.town, self.store, self.owner_id, self.category = town, store, owner_id, category
        self.path = f"/v1/seller/stores/{store['id']}"

    async def send(self, method: str, path: str, body: Any = None, *, version: int | None = None, by: str = "") -> Any:
        headers = signed_in(by or self.owner_id) | ({"if-match": f'"{version}"'} if version is not None else {})
        if body is not None:
            headers["content-type"] = "application/json"
        content = None if body is None else json.dumps(body).encode()
        return await self.town.client.request(method, self.path + path, content=content, headers=headers)

    async def make(self, **more: Any) -> dict[str, Any]:
        answer = await self.send("POST", "/products", some_goods(self.category.id, **more))
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def publish(self, product: dict[str, Any]) -> dict[str, Any]:
        body = {"status": "active"}
        answer = await self.send("PATCH", f"/products/{product['id']}", body, version=product["version"])
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def get(self, product_id: str) -> dict[str, Any]:
        data: dict[str, Any] = (await self.send("GET", f"/products/{product_id}")).json()["data"]
        return data


async def a_counter(town: Town, category: Category) -> Counter:
    """An approved store with an owner of its own, selling things of that category."""
    kind = a_kind(f"grocery-{new_id('sct')[-12:]}")
    await town.put(STORE_CATEGORIES, kind)
    owner = await person(town)
    store = await open_store(town, kind, owner)
    assert (await decide(town, store["id"], "approve")).status_code == 200
    return Counter(town, store, owner.id, category)
