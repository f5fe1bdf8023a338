"""A customer's addresses over HTTP: ten at most, always one default, nobody else's."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from daraa.collections.addresses import ADDRESSES
from daraa.collections.customer_profiles import CUSTOMER_PROFILES
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.settings import Settings
from daraa.market.found import MISSING
from daraa.market.profiles.service import Profiles
from daraa.stores.mongo import Mongo
from factories.people import SignedUp, a_phone, sign_up

pytestmark = pytest.mark.anyio
HOME = {"label": "Home", "recipient": "ريم الحوراني", "phone": "+963900123456", "city": "Daraa"}
PATH = "/v1/me/addresses"


@pytest.fixture
async def person(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> SignedUp:
    return await sign_up(client, a_phone(), installed[0].home)


async def add(client: httpx.AsyncClient, person: SignedUp, **words: Any) -> httpx.Response:
    return await client.post(PATH, json=HOME | words, headers=person.headers)


async def listed(client: httpx.AsyncClient, person: SignedUp) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(PATH, headers=person.headers)).json()["data"]
    return found


def default_of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["label"] for row in rows if row["is_default"]]


async def test_the_first_address_is_the_default(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    made = await add(client, person, location={"latitude": 32.62, "longitude": 36.1}, street="شارع هنانو")
    assert made.status_code == 201
    data = made.json()["data"]
    assert data["is_default"]
    assert data["location"] == {"latitude": 32.62, "longitude": 36.1}
    read = await client.get(made.headers["location"], headers=person.headers)
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"]
    profile = await installed[1].collection(CUSTOMER_PROFILES).find_one({"accountId": person.account_id})
    assert profile is not None
    assert profile["defaultAddressId"] == data["id"]
    await add(client, person, label="Work")
    assert default_of(await listed(client, person)) == ["Home"]


async def test_there_is_one_default_however_often_it_moves(client: httpx.AsyncClient, person: SignedUp) -> None:
    ids = {label: (await add(client, person, label=label)).json()["data"]["id"] for label in ("A", "B", "C")}
    for label in ("B", "C", "A", "B", "A"):
        moved = await client.patch(f"{PATH}/{ids[label]}", json={"is_default": True}, headers=person.headers)
        assert moved.status_code == 200, moved.text
        assert default_of(await listed(client, person)) == [label]
    assert (await add(client, person, label="D", is_default=True)).json()["data"]["is_default"]
    assert default_of(await listed(client, person)) == ["D"]


async def test_removing_the_default_promotes_the_last_used_of_the_others(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    ids = {label: (await add(client, person, label=label)).json()["data"]["id"] for label in ("A", "B", "C")}

    async def remove(label: str) -> int:
        return (await client.delete(f"{PATH}/{ids[label]}", headers=person.headers)).status_code

    assert await remove("A") == 204
    assert await remove("A") == 404
    assert default_of(await listed(client, person)) == ["C"]
    assert await remove("B") == 204
    assert default_of(await listed(client, person)) == ["C"]
    assert await remove("C") == 204
    assert await listed(client, person) == []
    profile = await installed[1].collection(CUSTOMER_PROFILES).find_one({"accountId": person.account_id})
    assert profile is not None
    assert "defaultAddressId" not in profile
    assert (await add(client, person, label="D")).json()["data"]["is_default"]


@pytest.mark.parametrize("default", [True, False])
async def test_of_fifteen_ten_are_kept_and_one_is_the_default(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp, default: bool
) -> None:
    # A plain one changes no other address: nothing but the customer's profile keeps two of them apart.
    await add(client, person)
    answers = await asyncio.gather(*(add(client, person, label=f"N{n}", is_default=default) for n in range(14)))
    counts = Counter(answer.status_code for answer in answers)
    assert counts[201] <= 9
    assert set(counts) <= {201, 422, 409}
    while (filled := await add(client, person, label="more")).status_code == 201:
        pass
    assert (filled.status_code, filled.json()["code"]) == (422, "profiles.addresses.many")
    rows = await listed(client, person)
    assert len(rows) == 10
    assert len(default_of(rows)) == 1
    stored = installed[1].collection(ADDRESSES)
    assert await stored.count_documents({"ownerId": person.account_id, "isActive": True}) == 10


async def test_a_patch_changes_what_it_names_and_takes_away_what_is_null(
    client: httpx.AsyncClient, person: SignedUp
) -> None:
    made = await add(client, person, street="Old", location={"latitude": 1, "longitude": 2})
    where = made.headers["location"]
    change = {"city": "Nawa", "street": None, "location": None, "kind": "work"}
    changed = await client.patch(where, json=change, headers=person.headers | {"if-match": made.headers["etag"]})
    assert changed.status_code == 200, changed.text
    data = changed.json()["data"]
    assert (data["city"], data["street"], data["location"], data["kind"]) == ("Nawa", None, None, "work")
    assert data["recipient"] == HOME["recipient"]
    stale = await client.patch(where, json={"city": "X"}, headers=person.headers | {"if-match": made.headers["etag"]})
    assert stale.status_code == 412
    assert (await client.get(where, headers=person.headers)).json() == changed.json()


async def test_anothers_address_is_as_missing_as_one_that_never_was(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    stranger = await sign_up(client, a_phone(), installed[0].home)
    made = (await add(client, person)).json()["data"]
    for method, body in (("GET", None), ("PATCH", {"city": "X"}), ("DELETE", None)):
        answers = [
            await client.request(method, f"{PATH}/{key}", json=body, headers=stranger.headers)
            for key in (made["id"], new_id("adr"))
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["code"] == answers[1].json()["code"]
        assert (await client.request(method, f"{PATH}/{made['id']}", json=body)).status_code == 401
    assert await listed(client, person) == [made]
    profiles = Profiles(installed[1], "SYP")
    assert (await profiles.get_address(person.account_id, made["id"])).city == "Daraa"
    with pytest.raises(DaraaError) as missing:
        await profiles.get_address(stranger.account_id, made["id"])
    assert missing.value.code == MISSING


BAD: list[dict[str, Any]] = [
    {"phone": {"$gt": ""}},
    {"phone": "0900"},
    {"city": ""},
    {"city": None},
    {"label": "x" * 101},
    {"recipient": "a\u0000b"},
    {"kind": "castle"},
    {"location": {"latitude": 91, "longitude": 0}},
    {"location": {"latitude": 0}},
    {"location": {"type": "Point", "coordinates": [0, 0]}},
    {"location": [36, 32]},
    {"zone_id": {"$ne": None}},
    {"owner_id": "acc_1"},
    {"is_active": False},
    {"instructions": "x" * 501},
]


@pytest.mark.parametrize("words", BAD, ids=str)
async def test_a_bad_address_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, person: SignedUp, words: dict[str, Any]
) -> None:
    made = await add(client, person)
    assert (await add(client, person, **words)).status_code in (400, 422)
    patched = await client.patch(made.headers["location"], json=words, headers=person.headers)
    assert patched.status_code in (400, 422)
    assert await listed(client, person) == [made.json()["data"]]
