"""Registering and logging in by a code, over HTTP."""

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.customer_profiles import CUSTOMER_PROFILES
from daraa.collections.identities import IDENTITIES
from daraa.collections.otps import OTPS, OtpPurpose
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.kernel.settings import Settings
from daraa.market.accounts.codes import CodeHasher
from daraa.stores.mongo import Mongo
from factories.people import a_phone, commands, last_code, messages_to, sign_up, signed_up

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


def otp_id(settings: Settings, phone: str) -> str:
    pepper = settings.secret("otp_pepper").get_secret_value().encode()
    return CodeHasher(pepper).id_of(phone, OtpPurpose.LOGIN)


async def age_code(installed: tuple[Settings, Mongo], phone: str, by: timedelta) -> None:
    """Make everything about the code of a number older."""
    settings, admin = installed
    otps, key = admin.collection(OTPS), {"_id": otp_id(settings, phone)}
    known = await otps.find_one(key)
    assert known is not None
    moved = {name: known[name] - by for name in ("sentAt", "validUntil", "expiresAt")}
    await otps.update_one(key, {"$set": moved | {"recentSends": [at - by for at in known["recentSends"]]}})


async def ask(client: httpx.AsyncClient, phone: str, **headers: str) -> httpx.Response:
    return await client.post("/v1/auth/otp", json={"phone": phone}, headers=headers)


async def verify(client: httpx.AsyncClient, phone: str, code: str) -> httpx.Response:
    return await client.post("/v1/auth/otp/verify", json={"phone": phone, "code": code})


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def told(answer: httpx.Response) -> tuple[int, dict[str, Any], set[str]]:
    """All of an answer that a stranger could learn from, but the request's own id."""
    body = {key: value for key, value in answer.json().items() if key != "instance"}
    return answer.status_code, body, set(answer.headers)


async def test_a_new_number_becomes_a_customer_with_everything_that_belongs_to_one(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, admin = installed
    phone = a_phone()
    person = await sign_up(client, phone, settings.home, name="ريم الحوراني", device="Pixel")
    assert person.is_new
    me = (await client.get("/v1/me", headers=person.headers)).json()["data"]
    assert (me["phone"], me["name"], me["roles"]) == (phone, "ريم الحوراني", ["customer"])
    assert await admin.collection(IDENTITIES).count_documents({"_id": f"phone:{phone}"}) == 1
    assert await admin.collection(CUSTOMER_PROFILES).count_documents({"accountId": person.account_id}) == 1
    events = await admin.collection(OUTBOX_EVENTS).find({"aggregateId": person.account_id}).to_list()
    assert [event["type"] for event in events] == ["account.registered"]
    assert phone not in events[0]["payload"]


async def test_a_known_number_logs_in_to_its_account(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, _ = installed
    phone = a_phone()
    first = await sign_up(client, phone, settings.home, name="First")
    await age_code(installed, phone, timedelta(minutes=2))
    second = await sign_up(client, phone, settings.home, name="Second")
    assert second.account_id == first.account_id
    assert not second.is_new
    me = (await client.get("/v1/me", headers=second.headers)).json()["data"]
    assert me["name"] == "First"


async def test_known_and_unknown_numbers_get_the_same_answer_and_cost_the_same_commands(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], caplog: pytest.LogCaptureFixture
) -> None:
    settings, _ = installed
    known, unknown = a_phone(), a_phone()
    await sign_up(client, known, settings.home)
    await ask(client, unknown)
    for phone in (known, unknown):
        await age_code(installed, phone, timedelta(minutes=2))
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="daraa.api.access"):
        answers = [await ask(client, known), await ask(client, unknown)]
    assert len(set(commands(caplog))) == 1, commands(caplog)
    answers.append(await ask(client, unknown))
    assert len({str(told(answer)) for answer in answers}) == 1
    assert len(messages_to(settings.home, unknown)) == 2
    wrong = [await verify(client, phone, another(last_code(settings.home, phone))) for phone in (known, unknown)]
    assert told(wrong[0]) == told(wrong[1])
    assert wrong[0].status_code == 401


async def test_of_fifty_at_once_with_the_right_code_one_gets_in(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, admin = installed
    phone = a_phone()
    await ask(client, phone)
    code = last_code(settings.home, phone)
    answers = await asyncio.gather(*(verify(client, phone, code) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 49}
    assert await admin.collection(ACCOUNTS).count_documents({"phone": phone}) == 1


async def test_five_wrong_tries_end_a_code_even_when_they_come_at_once(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, admin = installed
    phone = a_phone()
    await ask(client, phone)
    code = last_code(settings.home, phone)
    wrong = await asyncio.gather(*(verify(client, phone, another(code)) for _ in range(20)))
    assert {answer.status_code for answer in wrong} == {401}
    assert told(await verify(client, phone, code)) == told(wrong[0])
    stored = await admin.collection(OTPS).find_one({"_id": otp_id(settings, phone)})
    assert stored is not None
    assert stored["tries"] == 5
    assert await admin.collection(ACCOUNTS).count_documents({"phone": phone}) == 0


async def test_a_code_is_good_for_five_minutes(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> None:
    settings, _ = installed
    late, timely = a_phone(), a_phone()
    for phone, age in ((late, timedelta(minutes=5, seconds=1)), (timely, timedelta(minutes=4))):
        await ask(client, phone)
        await age_code(installed, phone, age)
    assert (await verify(client, late, last_code(settings.home, late))).status_code == 401
    assert (await verify(client, timely, last_code(settings.home, timely))).status_code == 200


async def test_a_new_code_ends_the_one_before(client: httpx.AsyncClient, installed: tuple[Settings, Mongo]) -> None:
    settings, _ = installed
    phone = a_phone()
    await ask(client, phone)
    old = last_code(settings.home, phone)
    await age_code(installed, phone, timedelta(seconds=61))
    await ask(client, phone)
    new = last_code(settings.home, phone)
    if old != new:
        assert (await verify(client, phone, old)).status_code == 401
    assert (await verify(client, phone, new)).status_code == 200


async def test_asking_ten_times_at_once_sends_one_message(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, _ = installed
    phone = a_phone()
    answers = await asyncio.gather(*(ask(client, phone) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(messages_to(settings.home, phone)) == 1
    assert (await verify(client, phone, last_code(settings.home, phone))).status_code == 200


async def test_five_codes_an_hour_are_sent_to_a_number(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, _ = installed
    phone = a_phone()
    for _ in range(7):
        assert (await ask(client, phone)).status_code == 202
        await age_code(installed, phone, timedelta(seconds=61))
    assert len(messages_to(settings.home, phone)) == 5
    await age_code(installed, phone, timedelta(hours=1))
    await ask(client, phone)
    assert len(messages_to(settings.home, phone)) == 6


async def test_the_message_speaks_the_language_of_the_request(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, _ = installed
    arabic, english = a_phone(), a_phone()
    await ask(client, arabic)
    await ask(client, english, **{"accept-language": "en"})
    assert "رمز الدخول" in messages_to(settings.home, arabic)[0]
    assert "is your Daraa code" in messages_to(settings.home, english)[0]
    person = signed_up(await verify(client, arabic, last_code(settings.home, arabic)), arabic)
    assert (await client.get("/v1/me", headers=person.headers)).json()["data"]["locale"] == "ar"


async def test_neither_code_nor_number_is_stored_in_the_clear(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo]
) -> None:
    settings, admin = installed
    phone = a_phone()
    await ask(client, phone)
    stored = await admin.collection(OTPS).find_one({"_id": otp_id(settings, phone)})
    assert phone not in str(stored)
    assert last_code(settings.home, phone) not in str(stored)


BAD = [
    {"phone": {"$gt": ""}},
    {"phone": ["+963933123456"]},
    {"phone": "0933123456"},
    {"phone": "+963933123456\n"},
    {"phone": "+963 933 123 456"},
    {"phone": "+0963933123456"},
    {"phone": 963933123456},
    {"phone": None},
    {"phone": "+963933123456", "purpose": "login"},
    {},
]


@pytest.mark.parametrize("body", BAD, ids=str)
async def test_what_is_no_number_is_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    for path, more in (("/v1/auth/otp", {}), ("/v1/auth/otp/verify", {"code": "123456"})):
        answer = await client.post(path, json=body | more)
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "code", [{"$gt": ""}, {"$ne": None}, "12345", "1234567", "12345a", "123456\n", 123456, None, ""]
)
async def test_what_is_no_code_is_refused_and_counts_no_try(
    client: httpx.AsyncClient, installed: tuple[Settings, Mongo], code: Any
) -> None:
    settings, admin = installed
    phone = a_phone()
    await ask(client, phone)
    answer = await client.post("/v1/auth/otp/verify", json={"phone": phone, "code": code})
    assert answer.status_code in (400, 422)
    stored = await admin.collection(OTPS).find_one({"_id": otp_id(settings, phone)})
    assert stored is not None
    assert stored["tries"] == 0
