"""One's own account over HTTP."""

from typing import Any

import httpx
import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.people import SignedUp, a_phone, sign_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def person(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> SignedUp:
    return await sign_up(client, a_phone(), installed[0].home, name="Old Name")


async def patch(client: httpx.AsyncClient, person: SignedUp, body: Any, **headers: str) -> httpx.Response:
    return await client.patch("/v1/me", json=body, headers=person.headers | headers)


async def test_a_patch_changes_what_it_names_and_nothing_else(client: httpx.AsyncClient, person: SignedUp) -> None:
    changed = await patch(client, person, {"email": "rim@example.org", "locale": "en"})
    assert changed.status_code == 200
    data = changed.json()["data"]
    assert (data["name"], data["email"], data["locale"]) == ("Old Name", "rim@example.org", "en")
    gone = (await patch(client, person, {"email": None, "name": " ريم "})).json()["data"]
    assert (gone["name"], gone["email"], gone["locale"]) == ("ريم", None, "en")
    assert (await client.get("/v1/me", headers=person.headers)).json()["data"] == gone


async def test_a_stale_version_changes_nothing(client: httpx.AsyncClient, person: SignedUp) -> None:
    etag = (await client.get("/v1/me", headers=person.headers)).headers["etag"]
    assert (await patch(client, person, {"name": "New"}, **{"if-match": etag})).status_code == 200
    stale = await patch(client, person, {"name": "Newer"}, **{"if-match": etag})
    assert stale.status_code == 412
    assert (await client.get("/v1/me", headers=person.headers)).json()["data"]["name"] == "New"


BAD: list[Any] = [
    {"name": None},
    {"locale": None},
    {"name": ""},
    {"name": "  "},
    {"name": "a\nb"},
    {"name": "x" * 121},
    {"name": {"$set": "x"}},
    {"email": "no address"},
    {"email": "a@b"},
    {"email": "a@b.c\n"},
    {"email": "x" * 250 + "@b.cc"},
    {"locale": "fr"},
    {"roles": ["admin"]},
    {"phone": "+963933000000"},
    {"full_name": "x"},
    {"password_hash": "x"},
    [],
    "text",
]


@pytest.mark.parametrize("body", BAD, ids=str)
async def test_a_bad_patch_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, person: SignedUp, body: Any
) -> None:
    before = (await client.get("/v1/me", headers=person.headers)).json()
    assert (await patch(client, person, body)).status_code in (400, 422)
    assert (await client.get("/v1/me", headers=person.headers)).json() == before


async def test_customers_have_no_password(client: httpx.AsyncClient, person: SignedUp) -> None:
    body = {"new_password": "olive cedar minaret rain"}
    refused = await client.put("/v1/me/password", json=body, headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.role.missing")
