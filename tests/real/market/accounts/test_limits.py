"""Doors that stay shut when they cannot count, and messages that cannot be sent."""

import asyncio
import logging
from collections import Counter

import httpx
import pytest

from daraa.collections.otps import OTPS
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import AccountsSettings, MessagesSettings, Settings
from daraa.market.accounts.address_limit import AddressLimit
from daraa.market.accounts.errors import ADDRESS_LIMITED
from daraa.stores.mongo import Mongo
from daraa.stores.redis import open_redis
from factories.installation import served, write_secret
from factories.people import a_phone, last_code, messages_to
from servers.ports import free_port
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio


async def ask(client: httpx.AsyncClient, phone: str) -> httpx.Response:
    return await client.post("/v1/auth/otp", json={"phone": phone})


async def test_one_address_gets_so_many_codes_an_hour(installed: tuple[Settings, Mongo]) -> None:
    settings = installed[0].model_copy(update={"accounts": AccountsSettings(codes_per_address=3, logins_per_address=2)})
    async with served(settings) as client:
        answers = [await ask(client, a_phone()) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        refused = answers[-1]
        assert refused.json()["code"] == "accounts.address.limited"
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        phone = a_phone()
        tries = [
            await client.post("/v1/auth/otp/verify", json={"phone": phone, "code": "123456"}),
            await client.post("/v1/auth/password", json={"phone": phone, "password": "x"}),
            await client.post("/v1/auth/password", json={"phone": phone, "password": "x"}),
        ]
        assert [answer.status_code for answer in tries] == [401, 401, 429]


async def test_uses_that_come_at_once_are_all_counted(redis_server: RedisServer) -> None:
    redis = open_redis(redis_server.target())
    limit = AddressLimit(redis, f"test:{a_phone()}", most=7, seconds=60)

    async def take() -> str:
        try:
            await limit.take("192.0.2.7")
        except DaraaError as error:
            return error.code
        return "taken"

    outcomes = Counter(await asyncio.gather(*(take() for _ in range(30))))
    await limit.take("192.0.2.8")
    await redis.close()
    assert outcomes == {"taken": 7, ADDRESS_LIMITED: 23}


async def test_uses_grow_old(redis_server: RedisServer) -> None:
    redis = open_redis(redis_server.target())
    limit = AddressLimit(redis, f"test:{a_phone()}", most=1, seconds=3)
    await limit.take("192.0.2.7")
    with pytest.raises(DaraaError) as refused:
        await limit.take("192.0.2.7")
    assert 1 <= refused.value.details["retry_after_s"] <= 3
    await asyncio.sleep(3.05)
    await limit.take("192.0.2.7")
    await redis.close()


async def test_without_redis_no_code_is_sent_and_nobody_logs_in(installed: tuple[Settings, Mongo]) -> None:
    settings, admin = installed
    nowhere = settings.redis.model_copy(update={"state_url": f"redis://127.0.0.1:{free_port()}"})
    phone = a_phone()
    before = await admin.collection(OTPS).count_documents({})
    async with served(settings.model_copy(update={"redis": nowhere})) as client:
        asked = await ask(client, phone)
        tried = await client.post("/v1/auth/password", json={"phone": phone, "password": "x"})
    assert (asked.status_code, tried.status_code) == (503, 503)
    assert "retry-after" in asked.headers
    assert await admin.collection(OTPS).count_documents({}) == before
    assert messages_to(settings.home, phone) == []


async def test_a_gateway_that_is_away_is_told_without_details_and_the_next_try_need_not_wait(
    installed: tuple[Settings, Mongo], caplog: pytest.LogCaptureFixture
) -> None:
    settings, _ = installed
    write_secret(settings.home, "sms_key", "key-of-the-gateway")
    away = MessagesSettings(sms_url=f"http://127.0.0.1:{free_port()}/sms")
    phone = a_phone()
    with caplog.at_level(logging.DEBUG):
        async with served(settings.model_copy(update={"messages": away})) as client:
            failed = await ask(client, phone)
    assert (failed.status_code, failed.json()["code"]) == (503, "accounts.code.unsent")
    assert phone not in failed.text + caplog.text
    assert "key-of-the-gateway" not in failed.text + caplog.text
    async with served(settings) as client:
        assert (await ask(client, phone)).status_code == 202
        assert len(messages_to(settings.home, phone)) == 1


async def test_no_log_line_holds_a_code_a_password_or_a_token(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], caplog: pytest.LogCaptureFixture
) -> None:
    home, phone = installed[0].home, a_phone()
    with caplog.at_level(logging.DEBUG, logger="daraa"):
        await ask(client, phone)
        code = last_code(home, phone)
        entered = await client.post("/v1/auth/otp/verify", json={"phone": phone, "code": code})
        data = entered.json()["data"]
        await client.post("/v1/auth/refresh", json={"refresh_token": data["refresh_token"]})
        await client.post("/v1/auth/password", json={"phone": phone, "password": "a secret phrase"})
    for secret in (code, data["access_token"], data["refresh_token"], "a secret phrase", phone):
        assert secret not in caplog.text
