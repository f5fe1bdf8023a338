"""What admins do with accounts, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.admin_profiles import AdminRole
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.otps import OTPS
from daraa.collections.sessions import SESSIONS
from daraa.kernel.ids import new_id
from daraa.kernel.settings import Settings
from daraa.market.accounts.service import Accounts
from daraa.market.assembly import opened_market
from daraa.market.audit.service import Audit, Break
from daraa.market.profiles.staff_service import Staff
from daraa.stores.mongo import Mongo
from factories.people import SignedUp, a_phone, last_code, sign_up, signed_up

pytestmark = pytest.mark.anyio
PASSWORD = "olive cedar minaret rain"


@pytest.fixture
async def boss(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> SignedUp:
    return await an_admin(client, installed, AdminRole.SUPER_ADMIN)


@pytest.fixture
async def person(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> SignedUp:
    return await sign_up(client, a_phone(), installed[0].home, name="Rim")


async def an_admin(client: httpx.AsyncClient, installed: tuple[Settings, Mongo], role: AdminRole) -> SignedUp:
    phone = a_phone()
    async with opened_market(installed[1], installed[0]) as market:
        await market.get(Staff).create_admin(phone, "Salma", PASSWORD, role)
    return signed_up(await client.post("/v1/auth/password", json={"phone": phone, "password": PASSWORD}), phone)


def acting(client: httpx.AsyncClient, who: SignedUp) -> Callable[..., Awaitable[httpx.Response]]:
    async def act(account_id: str, verb: str, **body: Any) -> httpx.Response:
        return await client.post(f"/v1/admin/accounts/{account_id}:{verb}", json=body, headers=who.headers)

    return act


async def test_an_account_is_found_by_its_number(client: httpx.AsyncClient, boss: SignedUp, person: SignedUp) -> None:
    found = await client.get("/v1/admin/accounts", params={"phone": person.phone}, headers=boss.headers)
    assert [(row["id"], row["name"], row["status"]) for row in found.json()["data"]] == [
        (person.account_id, "Rim", "active")
    ]
    none = await client.get("/v1/admin/accounts", params={"phone": a_phone()}, headers=boss.headers)
    assert none.json()["data"] == []
    assert (await client.get("/v1/admin/accounts", headers=boss.headers)).status_code in (400, 422)
    assert "password" not in found.text


async def test_a_suspension_shuts_out_at_once_and_a_restoration_lets_in_again(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    settings, admin = installed
    act = acting(client, boss)
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 200
    suspended = await act(person.account_id, "suspend", reason="Fraud")
    assert (suspended.status_code, suspended.json()["data"]["status"]) == (200, "suspended")
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 401
    spent = await client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert spent.status_code == 401
    await admin.collection(OTPS).delete_many({})
    await client.post("/v1/auth/otp", json={"phone": person.phone})
    body = {"phone": person.phone, "code": last_code(settings.home, person.phone)}
    refused = await client.post("/v1/auth/otp/verify", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.account.suspended")
    assert (await act(person.account_id, "restore", reason="A mistake")).status_code == 200
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 401
    await admin.collection(OTPS).delete_many({})
    again = await sign_up(client, person.phone, settings.home)
    assert (again.account_id, again.is_new) == (person.account_id, False)
    logs = await admin.collection(AUDIT_LOGS).find({"targetId": person.account_id}).sort("seq").to_list()
    assert [(log["action"], log["reason"], log["actorId"]) for log in logs] == [
        ("account.suspend", "Fraud", boss.account_id),
        ("account.restore", "A mistake", boss.account_id),
    ]
    assert [each async for each in Audit(admin).verify() if isinstance(each, Break)] == []


async def test_of_ten_suspensions_at_once_one_is_carried_out(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    act = acting(client, boss)
    answers = await asyncio.gather(*(act(person.account_id, "suspend", reason="Fraud") for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert await installed[1].collection(AUDIT_LOGS).count_documents({"targetId": person.account_id}) == 1


async def test_a_login_and_a_suspension_at_once_leave_nobody_inside(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp
) -> None:
    settings, admin = installed
    for _ in range(5):
        person = await sign_up(client, a_phone(), settings.home)
        await admin.collection(OTPS).delete_many({})
        await client.post("/v1/auth/otp", json={"phone": person.phone})
        body = {"phone": person.phone, "code": last_code(settings.home, person.phone)}
        suspended, entered = await asyncio.gather(
            acting(client, boss)(person.account_id, "suspend", reason="Fraud"),
            client.post("/v1/auth/otp/verify", json=body),
        )
        assert suspended.status_code == 200
        if entered.status_code == 200:
            inside = signed_up(entered, person.phone)
            assert (await client.get("/v1/me", headers=inside.headers)).status_code == 401
            spent = await client.post("/v1/auth/refresh", json={"refresh_token": inside.refresh_token})
            assert spent.status_code == 401


async def test_a_suspension_ends_by_itself_when_its_time_is_over(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    settings, admin = installed
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await acting(client, boss)(person.account_id, "suspend", reason="Pause", until=until)).status_code == 200
    async with opened_market(admin, settings) as market:
        assert await market.get(Accounts).sweep_suspensions() == {"restored": 0}
        past = {"suspendedUntil": datetime.now(UTC) - timedelta(seconds=1)}
        await admin.collection(ACCOUNTS).update_one({"_id": person.account_id}, {"$set": past})
        assert await market.get(Accounts).sweep_suspensions() == {"restored": 1}
        assert await market.get(Accounts).sweep_suspensions() == {"restored": 0}
    shown = await client.get(f"/v1/admin/accounts/{person.account_id}", headers=boss.headers)
    assert (shown.json()["data"]["status"], shown.json()["data"]["suspended_until"]) == ("active", None)


async def test_refused_moves_change_nothing(client: httpx.AsyncClient, boss: SignedUp, person: SignedUp) -> None:
    act = acting(client, boss)
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert (await act(person.account_id, "restore", reason="x")).status_code == 409
    assert (await act(boss.account_id, "suspend", reason="x")).status_code == 422
    assert (await act(new_id("acc"), "suspend", reason="x")).status_code == 404
    assert (await act("acc_1", "suspend", reason="x")).status_code in (400, 422)
    for body in (
        {},
        {"reason": ""},
        {"reason": {"$ne": ""}},
        {"reason": "x", "until": "soon"},
        {"reason": "x", "a": 1},
    ):
        assert (await act(person.account_id, "suspend", **body)).status_code in (400, 422), body
    assert (await act(person.account_id, "suspend", reason="x", until=past)).status_code == 422
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 200
    assert (await client.get("/v1/me", headers=boss.headers)).status_code == 200


async def test_only_admins_with_the_right_may(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    support = await an_admin(client, installed, AdminRole.SUPPORT)
    plain = await an_admin(client, installed, AdminRole.ADMIN)
    other = await sign_up(client, a_phone(), installed[0].home)
    for who in (person, support):
        refused = await acting(client, who)(other.account_id, "suspend", reason="x")
        assert refused.status_code == 403
    assert (await client.get(f"/v1/admin/accounts/{other.account_id}", headers=person.headers)).status_code == 403
    assert (await client.get(f"/v1/admin/accounts/{other.account_id}")).status_code == 401
    assert (await acting(client, plain)(boss.account_id, "suspend", reason="x")).status_code == 403
    assert (await acting(client, boss)(plain.account_id, "suspend", reason="x")).status_code == 200
    assert (await client.get("/v1/me", headers=other.headers)).status_code == 200


async def test_who_only_holds_the_telephone_of_an_admin_has_no_admin_rights(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    settings, _ = installed
    thief = await sign_up(client, boss.phone, settings.home)
    assert thief.account_id == boss.account_id
    for round_of in range(2):
        answers = [
            await client.get("/v1/admin/accounts", params={"phone": person.phone}, headers=thief.headers),
            await acting(client, thief)(person.account_id, "suspend", reason="x"),
            await client.put("/v1/me/password", json={"new_password": PASSWORD + " fig"}, headers=thief.headers),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3, round_of
        assert all("كلمة المرور" in answer.json()["detail"] for answer in answers)
        refreshed = await client.post("/v1/auth/refresh", json={"refresh_token": thief.refresh_token})
        assert refreshed.json()["data"]["account"]["roles"] == []
        thief = signed_up(refreshed, boss.phone)
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 200
    by_password = await client.post("/v1/auth/password", json={"phone": boss.phone, "password": PASSWORD})
    assert by_password.json()["data"]["account"]["roles"] == ["admin"]


async def test_an_admins_password_session_keeps_its_rights_when_it_is_renewed_and_an_old_one_has_none(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], boss: SignedUp, person: SignedUp
) -> None:
    async def renewed(token: str) -> SignedUp:
        return signed_up(await client.post("/v1/auth/refresh", json={"refresh_token": token}), boss.phone)

    again = await renewed(boss.refresh_token)
    wanted = {"params": {"phone": person.phone}, "headers": again.headers}
    assert (await client.get("/v1/admin/accounts", **wanted)).status_code == 200
    # Sessions that were begun before it was written down how.
    await installed[1].collection(SESSIONS).update_many({"accountId": boss.account_id}, {"$unset": {"by": ""}})
    wanted["headers"] = (await renewed(again.refresh_token)).headers
    assert (await client.get("/v1/admin/accounts", **wanted)).status_code == 403


async def test_an_admin_without_a_password_does_not_get_the_first_one_by_a_code(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], person: SignedUp
) -> None:
    await installed[1].collection(ACCOUNTS).update_one({"_id": person.account_id}, {"$push": {"roles": "admin"}})
    body = {"new_password": PASSWORD}
    refused = await client.put("/v1/me/password", json=body, headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.role.missing")
    assert "passwordHash" not in (await installed[1].collection(ACCOUNTS).find_one({"_id": person.account_id}) or {})
