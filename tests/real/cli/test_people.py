"""`daraa people` as a person uses it, on a real database."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.admin_profiles import ADMIN_PROFILES
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.installation import installation, served
from factories.people import a_phone, allow_people, sign_up, signed_up
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
PASSWORD = "olive cedar minaret rain"


@pytest.fixture
async def installed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[Settings, Mongo]]:
    async with installation(mongo_server, redis_server, tmp_path) as made:
        await allow_people(made[1], made[0])
        yield made


async def people(settings: Settings, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")} | {
        "DARAA_HOME": str(settings.home),
        "DARAA_MONGO_URL": settings.mongo.url,
        "DARAA_MONGO_DATABASE": settings.mongo.database,
        "DARAA_REDIS_CACHE_URL": settings.redis.cache_url,
        "DARAA_REDIS_STATE_URL": settings.redis.state_url,
        "DARAA_REDIS_USERNAME": settings.redis.username,
    }
    command = [sys.executable, "-m", "daraa.cli", "people", *words]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, input=typed, capture_output=True, text=True, timeout=60, check=False
    )


async def create(
    settings: Settings, phone: str, *words: str, typed: str = PASSWORD
) -> "subprocess.CompletedProcess[str]":
    return await people(settings, "create-admin", "--phone", phone, "--name", "Salma", *words, typed=f"{typed}\n")


async def test_an_admin_made_on_the_command_line_logs_in_with_the_rights_of_the_role(
    installed: tuple[Settings, Mongo],
) -> None:
    settings, admin = installed
    phone = a_phone()
    made = await create(settings, phone, "--role", "moderator", "--json")
    assert made.returncode == 0, made.stderr
    assert PASSWORD not in made.stdout + made.stderr
    row = json.loads(made.stdout)
    async with served(settings) as client:
        body = {"phone": phone, "password": PASSWORD}
        entered = signed_up(await client.post("/v1/auth/password", json=body), phone)
        assert entered.account_id == row["account_id"]
        allowed = await client.get("/v1/admin/accounts", params={"phone": phone}, headers=entered.headers)
        assert allowed.status_code == 200
        other = f"/v1/admin/accounts/{row['account_id']}:suspend"
        refused = await client.post(other, json={"reason": "x"}, headers=entered.headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "accounts.right.missing")
    logs = await admin.collection(AUDIT_LOGS).find({"targetId": row["account_id"]}).to_list()
    assert [log["action"] for log in logs] == ["account.create_admin"]
    assert "argon2" not in str(logs)


async def test_somebody_with_an_account_becomes_an_admin_and_has_to_log_in_again(
    installed: tuple[Settings, Mongo],
) -> None:
    settings, admin = installed
    phone = a_phone()
    async with served(settings) as client:
        person = await sign_up(client, phone, settings.home)
        made = await create(settings, phone, "--role", "super_admin", "--json")
        assert json.loads(made.stdout)["account_id"] == person.account_id
        spent = await client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
        assert spent.status_code == 401
        entered = signed_up(await client.post("/v1/auth/password", json={"phone": phone, "password": PASSWORD}), phone)
        me = (await client.get("/v1/me", headers=entered.headers)).json()["data"]
        assert set(me["roles"]) == {"customer", "admin"}
    assert await admin.collection(ADMIN_PROFILES).count_documents({"accountId": person.account_id}) == 1


async def test_an_admin_is_not_made_twice_and_keeps_the_password(installed: tuple[Settings, Mongo]) -> None:
    settings, admin = installed
    phone = a_phone()
    await create(settings, phone)
    before = await admin.collection(ACCOUNTS).find_one({"phone": phone})
    again = await create(settings, phone, typed="another long password")
    assert again.returncode == 1
    assert "admin already" in again.stderr
    assert await admin.collection(ACCOUNTS).find_one({"phone": phone}) == before


@pytest.mark.parametrize(
    ("phone", "typed", "message"),
    [("0933123456", PASSWORD, "E.164"), ("+963900999001", "short", "12 to 128"), ("+963900999002", "", "12 to 128")],
)
async def test_bad_words_make_nobody(installed: tuple[Settings, Mongo], phone: str, typed: str, message: str) -> None:
    settings, admin = installed
    refused = await create(settings, phone, typed=typed)
    assert refused.returncode == 1
    assert message in refused.stderr
    assert await admin.collection(ACCOUNTS).count_documents({}) == 0


async def test_the_list_shows_admins_and_nobody_else(installed: tuple[Settings, Mongo]) -> None:
    settings, _ = installed
    async with served(settings) as client:
        await sign_up(client, a_phone(), settings.home)
    phones = [a_phone(), a_phone()]
    for phone, role in zip(phones, ("support", "super_admin"), strict=True):
        assert (await create(settings, phone, "--role", role)).returncode == 0
    listed = json.loads((await people(settings, "list", "--json")).stdout)["admins"]
    assert [(row["phone"], row["role"]) for row in listed] == [(phones[1], "super_admin"), (phones[0], "support")]
    shown = (await people(settings, "list")).stdout
    assert shown.endswith("2 admins.\n")
