"""Tokens and sessions over HTTP: they rotate, end at once, and betray whoever uses one twice."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.security_profiles import SECURITY_PROFILES
from daraa.collections.sessions import SESSIONS, LoginWay
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.settings import Settings
from daraa.kernel.time import FixedClock
from daraa.market.accounts.seen_sessions import SeenSessions
from daraa.market.accounts.service import Accounts
from daraa.market.accounts.tokens import Claims, Tokens
from daraa.market.audit.service import Audit
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from factories.people import SignedUp, a_phone, sign_up, signed_up

pytestmark = pytest.mark.anyio


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/auth/refresh", json={"refresh_token": token})


async def me(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/me", headers={"authorization": f"Bearer {token}"})


def inside(access_token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    return claims


@pytest.fixture
async def person(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> SignedUp:
    return await sign_up(client, a_phone(), installed[0].home, device="Laptop")


async def test_a_refresh_gives_new_tokens_and_spends_the_old_one(client: httpx.AsyncClient, person: SignedUp) -> None:
    renewed = signed_up(await refresh(client, person.refresh_token), person.phone)
    assert renewed.refresh_token != person.refresh_token
    assert inside(renewed.access_token)["sid"] == inside(person.access_token)["sid"]
    assert (await me(client, renewed.access_token)).status_code == 200


@pytest.mark.parametrize("rotations", [1, 3], ids=["the one before", "one long spent"])
async def test_a_spent_token_ends_the_whole_session(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp, rotations: int
) -> None:
    newest = person
    for _ in range(rotations):
        newest = signed_up(await refresh(client, newest.refresh_token), person.phone)
    assert (await refresh(client, person.refresh_token)).status_code == 401
    assert (await refresh(client, newest.refresh_token)).status_code == 401
    assert (await me(client, newest.access_token)).status_code == 401
    session = inside(person.access_token)["sid"]
    logs = await installed[1].collection(AUDIT_LOGS).find({"targetId": session}).to_list()
    assert [log["action"] for log in logs] == ["session.revoke"]


async def test_of_twenty_refreshes_at_once_one_wins_and_the_session_ends(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    answers = await asyncio.gather(*(refresh(client, person.refresh_token) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 19}
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await refresh(client, signed_up(winner, person.phone).refresh_token)).status_code == 401
    session = inside(person.access_token)["sid"]
    assert await installed[1].collection(AUDIT_LOGS).count_documents({"targetId": session}) == 1


async def test_a_token_that_we_never_made_ends_nothing(client: httpx.AsyncClient, person: SignedUp) -> None:
    session, secret, proof = person.refresh_token.split(".")
    for forged in (
        f"{session}.{secret[::-1]}.{proof}",
        f"{session}.{secret}",
        session,
        "x" * 200,
        "رمز",
        "..",
        "a.b.c",
    ):
        answer = await refresh(client, forged)
        assert (answer.status_code, answer.json()["code"]) == (401, "accounts.refresh.refused")
    assert (await refresh(client, person.refresh_token)).status_code == 200


async def test_refresh_refuses_an_outdated_session_and_a_raised_epoch(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    settings, admin = installed
    other = await sign_up(client, a_phone(), settings.home)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await admin.collection(SESSIONS).update_one(
        {"_id": inside(person.access_token)["sid"]}, {"$set": {"expiresAt": past}}
    )
    await admin.collection(SECURITY_PROFILES).update_one({"_id": other.account_id}, {"$inc": {"tokenEpoch": 1}})
    assert (await refresh(client, person.refresh_token)).status_code == 401
    assert (await refresh(client, other.refresh_token)).status_code == 401


async def test_logout_makes_both_tokens_worthless(client: httpx.AsyncClient, person: SignedUp) -> None:
    assert (await me(client, person.access_token)).status_code == 200
    assert (await client.post("/v1/auth/logout", headers=person.headers)).status_code == 204
    assert (await me(client, person.access_token)).status_code == 401
    assert (await refresh(client, person.refresh_token)).status_code == 401


async def test_devices_are_listed_and_one_is_logged_out_from_another(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    admin = installed[1]
    await admin.client[admin.settings.database]["otps"].delete_many({})
    phone = await sign_up(client, person.phone, installed[0].home, device="Phone")
    listed = (await client.get("/v1/me/sessions", headers=phone.headers)).json()
    assert [(row["device"], row["current"]) for row in listed["data"]] == [("Phone", True), ("Laptop", False)]
    first = (await client.get("/v1/me/sessions", params={"limit": 1}, headers=phone.headers)).json()
    rest = await client.get(
        "/v1/me/sessions", params={"limit": 1, "cursor": first["page"]["next_cursor"]}, headers=phone.headers
    )
    assert [row["device"] for row in rest.json()["data"]] == ["Laptop"]
    laptop = f"/v1/me/sessions/{listed['data'][1]['id']}"
    assert (await client.delete(laptop, headers=phone.headers)).status_code == 204
    assert (await client.delete(laptop, headers=phone.headers)).status_code == 404
    assert (await me(client, person.access_token)).status_code == 401
    assert (await me(client, phone.access_token)).status_code == 200
    listed = (await client.get("/v1/me/sessions", headers=phone.headers)).json()
    assert [row["device"] for row in listed["data"]] == ["Phone"]


async def test_a_stranger_cannot_end_a_session(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    stranger = await sign_up(client, a_phone(), installed[0].home)
    session = inside(person.access_token)["sid"]
    foreign = await client.delete(f"/v1/me/sessions/{session}", headers=stranger.headers)
    missing = await client.delete(f"/v1/me/sessions/{new_id('ses')}", headers=stranger.headers)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["code"] == missing.json()["code"]
    assert (await me(client, person.access_token)).status_code == 200


def tampered(settings: Settings, person: SignedUp) -> dict[str, str]:
    """Access tokens that must not be believed."""
    claims = inside(person.access_token)
    head, body, _ = person.access_token.split(".")
    key = settings.secret("token_key").get_secret_value().encode()
    old = FixedClock(datetime.now(UTC) - timedelta(seconds=601))
    words = Claims(person.account_id, claims["sid"], LoginWay.CODE, frozenset(["customer"]), frozenset(), 0)
    early = FixedClock(datetime.now(UTC) + timedelta(hours=1))
    nobody = Claims(new_id("acc"), claims["sid"], LoginWay.PASSWORD, frozenset(["admin"]), frozenset(), 0)
    return {
        "none": jwt.encode(claims, None, algorithm="none"),
        "None in another case": jwt.encode(claims, None, algorithm="none").replace(
            jwt.encode({}, None, algorithm="none").split(".")[0], "eyJhbGciOiJOb05lIiwidHlwIjoiSldUIn0"
        ),
        "another key": jwt.encode(claims, "k" * 64, algorithm="HS256"),
        "the whole key": jwt.encode(claims, key, algorithm="HS256"),
        "another algorithm": jwt.encode(claims, key + key, algorithm="HS512"),
        "no signature": f"{head}.{body}.",
        "expired": Tokens(key, old).access(words),
        "from the future": Tokens(key, early).access(words),
        "another epoch": Tokens(key).access(replace(words, epoch=7)),
        "another's session": Tokens(key).access(nobody),
        "no session": Tokens(key).access(replace(words, session_id=new_id("ses"))),
        "nested": f"{'W1tb' * 2000}.{body}.x",
        "refresh token": person.refresh_token,
        "empty": "",
        "rubbish": "a.b.c",
    }


async def test_no_tampered_token_is_believed_and_all_are_answered_alike(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    assert (await me(client, person.access_token)).status_code == 200
    for name, token in tampered(installed[0], person).items():
        answer = await me(client, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "accounts.login.needed"), name
    assert (await client.get("/v1/me")).status_code == 401
    assert (await client.get("/v1/me", headers={"authorization": f"Basic {person.access_token}"})).status_code == 401


async def test_raising_the_epoch_kills_every_token_of_an_account(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    settings, admin = installed
    key = settings.secret("token_key").get_secret_value().encode()
    elsewhere = Accounts(admin, Audit(admin), Tokens(key))
    now = await server_now(admin)
    await admin.in_transaction(lambda session: elsewhere.raise_epoch(session, person.account_id, now))
    assert (await me(client, person.access_token)).status_code == 401
    assert (await refresh(client, person.refresh_token)).status_code == 401


async def test_a_session_ended_elsewhere_is_believed_for_a_moment_only(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    settings, admin = installed
    key = settings.secret("token_key").get_secret_value().encode()
    elapsed = [0.0]
    here = Accounts(admin, Audit(admin), Tokens(key), SeenSessions(monotonic=lambda: elapsed[0]))
    assert (await here.identify(person.access_token, ip="", request_id="r")).account_id == person.account_id
    session = inside(person.access_token)["sid"]
    await admin.collection(SESSIONS).update_one({"_id": session}, {"$set": {"revokedAt": datetime.now(UTC)}})
    assert (await here.identify(person.access_token, ip="", request_id="r")).account_id == person.account_id
    elapsed[0] = 5.0
    with pytest.raises(DaraaError, match="valid access token"):
        await here.identify(person.access_token, ip="", request_id="r")


async def test_stored_sessions_hold_no_token(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    await refresh(client, person.refresh_token)
    stored = await installed[1].collection(SESSIONS).find_one({"_id": inside(person.access_token)["sid"]})
    text = json.dumps(stored, default=str)
    assert person.refresh_token.split(".")[1] not in text
    assert person.access_token not in text
