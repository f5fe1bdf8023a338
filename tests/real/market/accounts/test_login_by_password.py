"""Staff log in by a password, over HTTP; what is wrong is never told."""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.admin_profiles import ADMIN_PROFILES, AdminRole
from daraa.collections.security_profiles import SECURITY_PROFILES
from daraa.kernel.settings import Settings
from daraa.market.assembly import opened_market
from daraa.market.profiles.staff_service import Employee, Staff
from daraa.stores.mongo import Mongo
from factories.people import a_phone, commands, sign_up, signed_up

pytestmark = pytest.mark.anyio
PASSWORD = "olive cedar minaret rain"


async def an_admin(installed: tuple[Settings, Mongo], role: AdminRole = AdminRole.SUPER_ADMIN) -> Employee:
    settings, admin = installed
    async with opened_market(admin, settings) as market:
        return await market.get(Staff).create_admin(a_phone(), "Salma", PASSWORD, role)


async def enter(client: httpx.AsyncClient, phone: str, password: Any = PASSWORD) -> httpx.Response:
    return await client.post("/v1/auth/password", json={"phone": phone, "password": password})


def told(answer: httpx.Response) -> tuple[int, dict[str, Any], set[str]]:
    return answer.status_code, {k: v for k, v in answer.json().items() if k != "instance"}, set(answer.headers)


async def unlock(installed: tuple[Settings, Mongo], account_id: str) -> None:
    past = {"lockedUntil": datetime.now(UTC) - timedelta(seconds=1)}
    await installed[1].collection(SECURITY_PROFILES).update_one({"_id": account_id}, {"$set": past})


async def test_every_way_to_fail_is_answered_alike_and_costs_the_same(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], caplog: pytest.LogCaptureFixture
) -> None:
    admin = await an_admin(installed)
    locked = await an_admin(installed)
    for _ in range(5):
        await enter(client, locked.account.phone, "wrong password")
    without = await sign_up(client, a_phone(), installed[0].home)
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="daraa.api.access"):
        answers = [
            await enter(client, a_phone()),
            await enter(client, admin.account.phone, "wrong password"),
            await enter(client, without.phone),
            await enter(client, locked.account.phone),
        ]
    assert len(set(commands(caplog))) == 1, commands(caplog)
    assert len({str(told(answer)) for answer in answers}) == 1
    assert answers[0].status_code == 401


async def test_the_fifth_wrong_try_locks_for_fifteen_minutes(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    admin = await an_admin(installed)
    phone, account_id = admin.account.phone, admin.account.id
    for _ in range(5):
        assert (await enter(client, phone, "wrong password")).status_code == 401
    assert (await enter(client, phone)).status_code == 401
    stored = await installed[1].collection(SECURITY_PROFILES).find_one({"_id": account_id})
    assert stored is not None
    left = stored["lockedUntil"] - datetime.now(UTC)
    assert timedelta(seconds=840) < left <= timedelta(seconds=900)
    await unlock(installed, account_id)
    assert (await enter(client, phone)).status_code == 200


async def test_a_right_password_in_between_forgets_the_wrong_ones(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    admin = await an_admin(installed)
    for _ in range(2):
        for _ in range(4):
            await enter(client, admin.account.phone, "wrong password")
        assert (await enter(client, admin.account.phone)).status_code == 200


async def test_guesses_that_come_at_once_are_counted_all_the_same(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    admin = await an_admin(installed)
    answers = await asyncio.gather(*(enter(client, admin.account.phone, f"guess {n}") for n in range(20)))
    assert Counter(answer.status_code for answer in answers) == {401: 20}
    stored = await installed[1].collection(SECURITY_PROFILES).find_one({"_id": admin.account.id})
    assert stored is not None
    assert stored["failedCount"] == 5
    assert (await enter(client, admin.account.phone)).status_code == 401


async def test_a_new_password_needs_the_old_one_and_logs_other_devices_out(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    phone = (await an_admin(installed)).account.phone
    here, there = signed_up(await enter(client, phone), phone), signed_up(await enter(client, phone), phone)
    new = "harbour lantern fig stone"

    async def change(**body: Any) -> httpx.Response:
        return await client.put("/v1/me/password", json=body, headers=here.headers)

    assert (await change(new_password=new)).status_code == 401
    assert (await change(current_password="wrong password", new_password=new)).status_code == 401
    assert (await change(current_password=PASSWORD, new_password="short")).status_code == 422
    assert (await change(current_password=PASSWORD, new_password=f"my {phone[1:]} phone")).status_code == 422
    assert (await change(current_password={"$ne": ""}, new_password=new)).status_code in (400, 422)
    assert (await change(current_password=PASSWORD, new_password=new)).status_code == 204
    assert (await client.get("/v1/me", headers=there.headers)).status_code == 401
    assert (await client.get("/v1/me", headers=here.headers)).status_code == 200
    assert (await enter(client, phone)).status_code == 401
    assert (await enter(client, phone, new)).status_code == 200


async def test_an_admin_who_left_or_sits_elsewhere_is_no_admin(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    admin = installed[1]
    left, elsewhere = await an_admin(installed), await an_admin(installed)
    profiles = admin.collection(ADMIN_PROFILES)
    await profiles.update_one({"_id": left.profile.id}, {"$set": {"isActive": False}})
    await profiles.update_one({"_id": elsewhere.profile.id}, {"$set": {"allowedNetworks": ["192.0.2.0/24"]}})
    for employee in (left, elsewhere):
        entered = signed_up(await enter(client, employee.account.phone), employee.account.phone)
        refused = await client.get(f"/v1/admin/accounts/{left.account.id}", headers=entered.headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "accounts.role.missing")


@pytest.mark.parametrize("password", [{"$gt": ""}, "", None, 1, "x" * 129, ["a"]], ids=str)
async def test_what_is_no_password_is_refused_before_it_is_tried(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], password: Any
) -> None:
    admin = await an_admin(installed)
    assert (await enter(client, admin.account.phone, password)).status_code in (400, 422)
    stored = await installed[1].collection(SECURITY_PROFILES).find_one({"_id": admin.account.id})
    assert stored is not None
    assert stored["failedCount"] == 0


async def test_password_hashes_are_argon2id_and_salted(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    made = [await an_admin(installed), await an_admin(installed)]
    ids = [each.account.id for each in made]
    stored = await installed[1].collection(ACCOUNTS).find({"_id": {"$in": ids}}).to_list()
    hashes = {row["passwordHash"] for row in stored}
    assert len(hashes) == 2
    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in hashes)
