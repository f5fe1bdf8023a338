"""Members through HTTP: invited by the owner alone, working only once they accepted, gone at once when removed."""

import asyncio
from typing import Any

import pytest

from daraa.collections.store_categories import StoreCategory
from daraa.collections.store_members import STORE_MEMBERS
from daraa.kernel.ids import new_id
from factories.counter import open_store, person, staff_of
from factories.gate import signed_in
from factories.market import Town

pytestmark = pytest.mark.anyio


async def test_an_invitation_opens_the_store_only_once_it_is_accepted(town: Town, kind: StoreCategory) -> None:
    owner, clerk = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}"
    body = {"phone": clerk.phone, "role": "manager", "scopes": ["product:write", "product:write"]}
    invited = await town.client.post(f"{path}/members", json=body, headers=signed_in(owner.id))
    assert invited.status_code == 201
    assert "phone" not in invited.json()["data"]
    assert (await town.client.get(path, headers=signed_in(clerk.id))).status_code == 404
    mine = (await town.client.get("/v1/me/memberships", headers=signed_in(clerk.id))).json()["data"]
    assert [(each["store_id"], each["status"], each["scopes"]) for each in mine] == [
        (store["id"], "invited", ["product:write"])
    ]
    accept = f"/v1/me/memberships/{store['id']}:accept"
    answers = await asyncio.gather(*(town.client.post(accept, headers=signed_in(clerk.id)) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 4
    assert (await town.client.get(path, headers=signed_in(clerk.id))).status_code == 200


async def test_only_the_owner_invites_and_removes(town: Town, kind: StoreCategory) -> None:
    owner, friend = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}/members"
    clerk = signed_in((await staff_of(town, store["id"], owner, "store:write", "product:write")).id)
    for call in (
        town.client.get(path, headers=clerk),
        town.client.post(path, json={"phone": friend.phone}, headers=clerk),
        town.client.delete(f"{path}/{owner.id}", headers=clerk),
    ):
        answer = await call
        assert (answer.status_code, answer.json()["code"]) == (403, "sellers.owner.only")


@pytest.mark.parametrize(
    "more",
    [
        {"scopes": ["everything"]},
        {"scopes": ["ledger:adjust"]},
        {"scopes": {"$in": []}},
        {"role": "owner"},
        {"phone": {"$gt": ""}},
        {"phone": "963"},
        {"status": "active"},
    ],
)
async def test_a_malformed_invitation_is_refused(town: Town, kind: StoreCategory, more: dict[str, Any]) -> None:
    owner, clerk = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    answer = await town.client.post(
        f"/v1/seller/stores/{store['id']}/members", json={"phone": clerk.phone} | more, headers=signed_in(owner.id)
    )
    assert answer.status_code == 400
    assert await town.count(STORE_MEMBERS, storeId=store["id"]) == 1


async def test_twenty_invitations_of_one_person_are_one(town: Town, kind: StoreCategory) -> None:
    owner, clerk = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}/members"
    answers = await asyncio.gather(
        *(town.client.post(path, json={"phone": clerk.phone}, headers=signed_in(owner.id)) for _ in range(20))
    )
    assert sorted(each.status_code for each in answers) == [201] + [409] * 19
    assert await town.count(STORE_MEMBERS, storeId=store["id"]) == 2


async def test_who_is_removed_is_out_at_once_and_may_be_invited_again(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}"
    clerk = await staff_of(town, store["id"], owner, "product:write")
    for _ in range(2):
        gone = await town.client.delete(f"{path}/members/{clerk.id}", headers=signed_in(owner.id))
        assert gone.status_code == 204
    assert (await town.client.get(path, headers=signed_in(clerk.id))).status_code == 404
    accept = f"/v1/me/memberships/{store['id']}:accept"
    assert (await town.client.post(accept, headers=signed_in(clerk.id))).status_code == 409
    again = await town.client.post(
        f"{path}/members", json={"phone": clerk.phone, "scopes": ["stock:write"]}, headers=signed_in(owner.id)
    )
    assert (again.status_code, again.json()["data"]["scopes"]) == (201, ["stock:write"])
    assert (await town.client.post(accept, headers=signed_in(clerk.id))).status_code == 200


async def test_the_owner_stays_and_strangers_have_nothing_to_leave(town: Town, kind: StoreCategory) -> None:
    owner, stranger = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    mine = f"/v1/me/memberships/{store['id']}"
    assert (await town.client.delete(mine, headers=signed_in(owner.id))).json()["code"] == "sellers.owner.stays"
    assert (await town.client.delete(mine, headers=signed_in(stranger.id))).status_code == 404
    assert (await town.client.post(f"{mine}:accept", headers=signed_in(stranger.id))).status_code == 404
    path = f"/v1/seller/stores/{store['id']}/members"
    assert (await town.client.delete(f"{path}/{new_id('acc')}", headers=signed_in(owner.id))).status_code == 404
    unknown = await town.client.post(path, json={"phone": "+963900000001"}, headers=signed_in(owner.id))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "sellers.person.unknown")


async def test_an_invitation_can_be_declined(town: Town, kind: StoreCategory) -> None:
    owner, clerk = await person(town), await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}/members"
    await town.client.post(path, json={"phone": clerk.phone}, headers=signed_in(owner.id))
    assert (
        await town.client.delete(f"/v1/me/memberships/{store['id']}", headers=signed_in(clerk.id))
    ).status_code == 204
    people = (await town.client.get(path, headers=signed_in(owner.id))).json()["data"]
    assert [(each["role"], each["status"]) for each in people] == [("owner", "active"), ("staff", "left")]
