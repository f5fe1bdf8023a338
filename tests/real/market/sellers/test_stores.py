"""Stores through HTTP: applied for, decided about, changed by their people, invisible to everybody else."""

import asyncio
import json
from typing import Any

import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.store_categories import StoreCategory
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.kernel.ids import new_id
from factories.counter import an_application, decide, open_store, person, staff_of
from factories.gate import as_admin, signed_in
from factories.market import Town, in_json

pytestmark = pytest.mark.anyio


async def events_of(town: Town, store_id: str) -> list[str]:
    rows = await town.mongo.collection(OUTBOX_EVENTS).find({"aggregateId": store_id}).sort("sequence", 1).to_list()
    return [row["type"] for row in rows]


async def actions_on(town: Town, store_id: str) -> list[str]:
    rows = await town.mongo.collection(AUDIT_LOGS).find({"stream": f"store:{store_id}"}).sort("seq", 1).to_list()
    return [row["action"] for row in rows]


async def test_an_application_makes_a_pending_store_with_its_owner(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    wanted = an_application(kind, location={"longitude": 36.1, "latitude": 32.6}, cash_limit=in_json(500_000))
    answer = await town.client.post("/v1/seller/stores", json=wanted, headers=signed_in(owner.id))
    assert answer.status_code == 201, answer.text
    store = answer.json()["data"]
    assert answer.headers["location"] == f"/v1/seller/stores/{store['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (store["status"], store["slug"], store["owner_id"]) == ("pending", wanted["slug"], owner.id)
    assert store["location"] == {"longitude": 36.1, "latitude": 32.6}
    mine = await town.client.get("/v1/seller/stores", headers=signed_in(owner.id))
    assert [(each["store_id"], each["role"]) for each in mine.json()["data"]] == [(store["id"], "owner")]
    account = await town.mongo.collection(ACCOUNTS).find_one({"_id": owner.id})
    assert account is not None
    assert "store_owner" in account["roles"]
    assert await events_of(town, store["id"]) == ["store.applied"]
    assert await actions_on(town, store["id"]) == ["store.apply"]
    hidden = await town.client.get(f"/v1/stores/{wanted['slug']}")
    assert hidden.status_code == 404


async def test_of_twenty_who_want_one_name_one_gets_it(town: Town, kind: StoreCategory) -> None:
    people = [await person(town) for _ in range(20)]
    wanted = an_application(kind, slug="the-only-one")
    answers = await asyncio.gather(
        *(town.client.post("/v1/seller/stores", json=wanted, headers=signed_in(each.id)) for each in people)
    )
    assert sorted(each.status_code for each in answers) == [201] + [409] * 19
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"sellers.slug.taken"}
    assert await town.count(STORE_OWNER_PROFILES, slug="the-only-one") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Not-A-Slug"),
        ("slug", "a--b"),
        ("slug", "متجر"),
        ("slug", {"$gt": ""}),
        ("slug", "x" * 101),
        ("name", {"ar": " ", "en": "Shop"}),
        ("name", {"ar": "م" * 201, "en": "Shop"}),
        ("name", {"ar": "متجر\u0000", "en": "Shop"}),
        ("name", {"ar": "متجر", "en": "\ud800"}),
        ("name", {"$ne": None}),
        ("description", {"ar": "ن" * 5001, "en": ""}),
        ("category_ids", []),
        ("category_ids", [{"$gt": ""}]),
        ("phone", "0933000111"),
        ("location", {"longitude": 200, "latitude": 0}),
        ("hours", [{"day": 1, "opens_minute": 900, "closes_minute": 600}]),
        ("return_days", 91),
        ("return_days", "7"),
        ("cash_limit", {"amount": -1, "currency": "SYP"}),
        ("status", "approved"),
        ("owner_id", "acc_1"),
    ],
)
async def test_a_malformed_application_is_refused(town: Town, kind: StoreCategory, field: str, value: Any) -> None:
    owner = await person(town)
    body = an_application(kind, **{field: value})
    answer = await town.client.post("/v1/seller/stores", content=json.dumps(body).encode(), headers=_sent(owner.id))
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "api.request.invalid"
    assert await town.count(STORE_OWNER_PROFILES, accountId=owner.id) == 0


def _sent(account_id: str) -> dict[str, str]:
    return signed_in(account_id) | {"content-type": "application/json"}


async def test_an_unknown_kind_or_currency_is_refused(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    for more, code in (
        ({"category_ids": [new_id("sct")]}, "sellers.kind.unknown"),
        ({"cash_limit": {"amount": 5, "currency": "XXX"}}, "sellers.currency.unknown"),
    ):
        answer = await town.client.post(
            "/v1/seller/stores", json=an_application(kind, **more), headers=signed_in(owner.id)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await town.count(STORE_OWNER_PROFILES, accountId=owner.id) == 0


async def test_nobody_applies_without_an_account(town: Town, kind: StoreCategory) -> None:
    assert (await town.client.post("/v1/seller/stores", json=an_application(kind))).status_code == 401
    stranger = signed_in(new_id("acc"))
    assert (await town.client.post("/v1/seller/stores", json=an_application(kind), headers=stranger)).status_code == 401


async def test_a_store_goes_through_its_states_and_each_step_is_told(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}"
    assert (await decide(town, store["id"], "suspend")).json()["code"] == "sellers.store.state"
    assert (await decide(town, store["id"], "reject", "papers are missing")).status_code == 200
    seen = await town.client.get(path, headers=signed_in(owner.id))
    assert seen.json()["data"]["review"]["reason"] == "papers are missing"
    assert (await town.client.post(f"{path}:resubmit", headers=signed_in(owner.id))).json()["data"][
        "status"
    ] == "pending"
    assert (await town.client.post(f"{path}:resubmit", headers=signed_in(owner.id))).status_code == 409
    assert (await decide(town, store["id"], "approve", None)).json()["data"]["status"] == "approved"
    assert (await town.client.get(f"/v1/stores/{store['slug']}")).status_code == 200
    assert (await decide(town, store["id"], "suspend")).json()["data"]["status"] == "suspended"
    assert (await town.client.get(f"/v1/stores/{store['slug']}")).status_code == 404
    assert (await decide(town, store["id"], "restore")).json()["data"]["status"] == "approved"
    told = ["applied", "rejected", "applied", "approved", "suspended", "approved"]
    assert await events_of(town, store["id"]) == [f"store.{each}" for each in told]
    done = ["apply", "reject", "resubmit", "approve", "suspend", "restore"]
    assert await actions_on(town, store["id"]) == [f"store.{each}" for each in done]


async def test_two_admins_who_decide_at_once_decide_once(town: Town, kind: StoreCategory) -> None:
    store = await open_store(town, kind, await person(town))
    answers = await asyncio.gather(*(decide(town, store["id"], verb) for verb in ("approve", "reject") * 5))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 9
    assert len(await events_of(town, store["id"])) == 2


async def test_deciding_needs_the_right_and_a_reason(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/admin/stores/{store['id']}"
    for verb in ("reject", "suspend", "restore"):
        for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": {"$ne": 1}}, {"reason": "x" * 501}):
            answer = await town.client.post(f"{path}:{verb}", json=body, headers=town.admin)
            assert answer.status_code == 400, (verb, body)
    for headers in (signed_in(owner.id), as_admin(new_id("acc"), "audit:read")):
        for call in (
            town.client.post(f"{path}:approve", json={}, headers=headers),
            town.client.get(path, headers=headers),
            town.client.get("/v1/admin/stores", headers=headers),
        ):
            assert (await call).status_code == 403
    assert (await town.client.post(f"{path}:approve", json={})).status_code == 401
    nowhere = f"/v1/admin/stores/{new_id('sto')}:approve"
    assert (await town.client.post(nowhere, json={}, headers=town.admin)).status_code == 404
    assert (await town.client.get(path, headers=town.admin)).json()["data"]["status"] == "pending"


async def test_admins_walk_the_queue_newest_first(town: Town, kind: StoreCategory) -> None:
    made = [(await open_store(town, kind, await person(town)))["id"] for _ in range(5)]
    seen: list[str] = []
    params: dict[str, Any] = {"status": "pending", "limit": 2}
    while True:
        page = (await town.client.get("/v1/admin/stores", params=params, headers=town.admin)).json()
        seen += [each["id"] for each in page["data"]]
        if not page["page"]["has_more"]:
            break
        params["cursor"] = page["page"]["next_cursor"]
    assert seen[:5] == made[::-1]
    assert len(seen) == len(set(seen))
    wrong = await town.client.get("/v1/admin/stores", params={"status": "open"}, headers=town.admin)
    assert wrong.status_code == 400


async def test_of_two_changes_of_one_version_one_wins(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner)
    path, headers = f"/v1/seller/stores/{store['id']}", signed_in(owner.id) | {"if-match": '"1"'}
    answers = await asyncio.gather(
        *(town.client.patch(path, json={"address": f"Street {number}"}, headers=headers) for number in range(8))
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * 7
    winner = next(each for each in answers if each.status_code == 200)
    assert winner.headers["etag"] == '"2"'
    now = await town.client.get(path, headers=signed_in(owner.id))
    assert now.json()["data"]["address"] == winner.json()["data"]["address"]
    assert now.headers["etag"] == '"2"'


async def test_a_change_needs_a_version_and_something_to_change(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner, address="حوران")
    path, who = f"/v1/seller/stores/{store['id']}", signed_in(owner.id)
    assert (await town.client.patch(path, json={"address": "x"}, headers=who)).status_code == 428
    assert (await town.client.patch(path, json={"address": "x"}, headers=who | {"if-match": "1"})).status_code == 400
    first = who | {"if-match": '"1"'}
    for body in ({}, {"name": None}, {"slug": "other"}, {"status": "approved"}, {"hours": None}, []):
        assert (await town.client.patch(path, json=body, headers=first)).status_code == 400, body
    cleared = await town.client.patch(path, json={"address": None, "return_days": 0}, headers=first)
    assert (cleared.status_code, cleared.json()["data"]["address"]) == (200, None)
    stored = await town.mongo.collection(STORE_OWNER_PROFILES).find_one({"_id": store["id"]})
    assert stored is not None
    assert "address" not in stored
    assert stored["returnDays"] == 0


async def test_a_new_name_is_found_and_the_old_one_is_not(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner, name={"ar": "حلويات الميدان", "en": "Midan sweets"})
    await decide(town, store["id"], "approve")
    assert [each["id"] for each in (await _search(town, "الميدان"))] == [store["id"]]
    headers = signed_in(owner.id) | {"if-match": '"2"'}
    renamed = {"name": {"ar": "مخبز أبو الفوز", "en": "Abu Fawz"}}
    answer = await town.client.patch(f"/v1/seller/stores/{store['id']}", json=renamed, headers=headers)
    assert answer.status_code == 200
    assert await _search(town, "الميدان") == []
    assert [each["id"] for each in (await _search(town, "ابو الفوز"))] == [store["id"]]


async def _search(town: Town, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await town.client.get("/v1/stores", params={"q": text})).json()["data"]
    return found


async def test_a_foreign_store_is_as_missing_as_none(town: Town, kind: StoreCategory) -> None:
    store = await open_store(town, kind, await person(town))
    other = await open_store(town, kind, stranger := await person(town))
    who = signed_in(stranger.id)
    assert other["id"] != store["id"]
    answers = []
    for store_id in (store["id"], new_id("sto")):
        path = f"/v1/seller/stores/{store_id}"
        calls = [
            town.client.get(path, headers=who),
            town.client.patch(path, json={"address": "mine now"}, headers=who | {"if-match": '"1"'}),
            town.client.post(f"{path}:resubmit", headers=who),
            town.client.get(f"{path}/members", headers=who),
            town.client.post(f"{path}/members", json={"phone": stranger.phone}, headers=who),
            town.client.delete(f"{path}/members/{stranger.id}", headers=who),
            town.client.get(f"{path}/products", headers=who),
        ]
        answers.append([((got := await call).status_code, got.json()["code"], got.json()["detail"]) for call in calls])
    assert answers[0] == answers[1]
    assert {status for status, _, _ in answers[0]} == {404}


async def test_staff_see_no_tax_number_and_change_only_what_they_may(town: Town, kind: StoreCategory) -> None:
    owner = await person(town)
    store = await open_store(town, kind, owner)
    path = f"/v1/seller/stores/{store['id']}"
    clerk = await staff_of(town, store["id"], owner, "order:fulfil")
    seen = await town.client.get(path, headers=signed_in(clerk.id))
    assert not {"tax_number", "payout_account", "owner_id"} & set(seen.json()["data"])
    version = {"if-match": seen.headers["etag"]}
    assert (
        await town.client.patch(path, json={"address": "x"}, headers=signed_in(clerk.id) | version)
    ).status_code == 403
    writer = await staff_of(town, store["id"], owner, "store:write")
    money = await town.client.patch(path, json={"payout_account": "SY99"}, headers=signed_in(writer.id) | version)
    assert money.status_code == 400
    money = await town.client.patch(path, json={"payout_account": "SY99 9999"}, headers=signed_in(writer.id) | version)
    assert (money.status_code, money.json()["code"]) == (403, "sellers.owner.only")
    fine = await town.client.patch(path, json={"address": "x y"}, headers=signed_in(writer.id) | version)
    assert fine.status_code == 200
