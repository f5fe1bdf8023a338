"""SMS and push over a real HTTP server: what goes out, what comes back, and what no error may show."""

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.messages.http_post import HttpPost
from daraa.stores.messages.interface import DEVICE_UNREGISTERED, MESSAGE_REFUSED, MESSAGE_UNSENT, MESSAGES_UNSAFE
from daraa.stores.messages.push import HttpPush
from daraa.stores.messages.sms import HttpSms
from servers.gateway import Gateway, gateway
from servers.ports import free_port

pytestmark = pytest.mark.anyio
PHONE, TEXT = "+963933123456", "رمز الدخول: 482913"


@pytest.fixture
def provider() -> Iterator[Gateway]:
    with gateway() as started:
        yield started


def sms(provider: Gateway, seconds: float = 5) -> HttpSms:
    return HttpSms(provider.url, SecretStr(provider.key), seconds=seconds)


def push(provider: Gateway) -> HttpPush:
    return HttpPush(provider.url, SecretStr(provider.key), seconds=5)


async def test_an_arabic_text_arrives_letter_for_letter_with_the_key_and_the_reference(provider: Gateway) -> None:
    assert await sms(provider).send(PHONE, TEXT, reference="ntf-1:sms") == "p-ntf-1:sms"
    assert provider.sent == [{"to": PHONE, "text": TEXT, "reference": "ntf-1:sms"}]
    assert provider.headers[0]["authorization"] == f"Bearer {provider.key}"
    assert provider.headers[0]["idempotency-key"] == "ntf-1:sms"


async def test_the_reference_stands_in_where_the_provider_gives_no_id(provider: Gateway) -> None:
    provider.reply = lambda body: (200, b"OK")
    assert await sms(provider).send(PHONE, TEXT, reference="ntf-2:sms") == "ntf-2:sms"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, MESSAGE_REFUSED),
        (401, MESSAGE_REFUSED),
        (404, MESSAGE_REFUSED),
        (302, MESSAGE_REFUSED),
        (408, MESSAGE_UNSENT),
        (429, MESSAGE_UNSENT),
        (500, MESSAGE_UNSENT),
        (503, MESSAGE_UNSENT),
    ],
)
async def test_a_refusal_is_final_and_an_overload_is_not(provider: Gateway, status: int, code: str) -> None:
    provider.reply = lambda body: (status, {"echo": body["text"], "to": body["to"]})
    with pytest.raises(DaraaError) as caught:
        await sms(provider).send(PHONE, TEXT, reference="r-1")
    assert caught.value.code == code
    assert caught.value.retryable is (code == MESSAGE_UNSENT)
    for hidden in (PHONE, "482913", provider.key):
        assert hidden not in f"{caught.value} {caught.value.details}"


async def test_a_redirect_does_not_carry_the_key_elsewhere(provider: Gateway) -> None:
    provider.reply = lambda body: (307, {})
    with pytest.raises(DaraaError, match="answered 307"):
        await sms(provider).send(PHONE, TEXT, reference="r-1")
    assert len(provider.sent) == 1


@pytest.mark.parametrize("drip", [False, True])
async def test_a_slow_provider_costs_no_more_than_the_whole_time_allowed(provider: Gateway, drip: bool) -> None:
    provider.slow_s, provider.drip = (0, True) if drip else (5, False)
    began = time.monotonic()
    with pytest.raises(DaraaError, match=r"no answer within 0\.5 s") as caught:
        await sms(provider, seconds=0.5).send(PHONE, TEXT, reference="r-1")
    assert caught.value.retryable
    assert time.monotonic() - began < 2


async def test_nobody_at_the_address_may_be_tried_again() -> None:
    sender = HttpSms(f"http://127.0.0.1:{free_port()}/", SecretStr("key"), seconds=2)
    with pytest.raises(DaraaError, match="cannot be reached") as caught:
        await sender.send(PHONE, TEXT, reference="r-1")
    assert caught.value.code == MESSAGE_UNSENT


@pytest.mark.parametrize("url", ["http://sms.example.org/", "ftp://127.0.0.1/", "127.0.0.1:80", "https:///x"])
def test_an_address_over_which_a_code_would_travel_openly_is_refused(url: str) -> None:
    with pytest.raises(DaraaError) as caught:
        HttpPost("sms", url, SecretStr("key"), seconds=1)
    assert caught.value.code == MESSAGES_UNSAFE


@pytest.mark.parametrize("key", ["two\nlines", "مفتاح"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(DaraaError) as caught:
        HttpPost("sms", "https://sms.example.org/", SecretStr(key), seconds=1)
    assert key not in str(caught.value)


async def test_a_push_message_carries_its_words_and_where_a_tap_leads(provider: Gateway) -> None:
    told = await push(provider).send("t" * 40, "وصل طلبك", "سُلّم طلبك", reference="ntf-3:push", path="/orders/1")
    assert told == "p-ntf-3:push"
    assert provider.sent == [
        {"token": "t" * 40, "title": "وصل طلبك", "text": "سُلّم طلبك", "path": "/orders/1", "reference": "ntf-3:push"}
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (410, {}),
        (404, {"error": {"status": "UNREGISTERED"}}),
        (400, {"error": "unregistered"}),
        (404, {"error": {"code": "Unregistered"}}),
    ],
)
async def test_a_device_that_is_gone_is_told_from_a_refusal(provider: Gateway, status: int, body: object) -> None:
    provider.reply = lambda _: (status, body)
    with pytest.raises(DaraaError) as caught:
        await push(provider).send("t" * 40, "a", "b", reference="r-1")
    assert caught.value.code == DEVICE_UNREGISTERED


@pytest.mark.parametrize(("status", "body"), [(404, {}), (404, ["unregistered"]), (400, {"error": "bad title"})])
async def test_a_wrong_address_does_not_bury_every_device(provider: Gateway, status: int, body: object) -> None:
    provider.reply = lambda _: (status, body)
    with pytest.raises(DaraaError) as caught:
        await push(provider).send("t" * 40, "a", "b", reference="r-1")
    assert caught.value.code == MESSAGE_REFUSED
