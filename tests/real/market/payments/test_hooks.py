"""A message of the provider takes effect once, whatever happens to it on its way (I12)."""

import asyncio
import json
import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.payment_intents import IntentStatus
from daraa.market.webhooks.routes import LONGEST_BODY
from daraa.stores.providers import Keys
from factories.card_desk import CardDesk, Checkout, message

pytestmark = pytest.mark.anyio
CAPTURED, FAILED, PROCESSING = IntentStatus.CAPTURED, IntentStatus.FAILED, IntentStatus.PROCESSING


async def post(
    desk: CardDesk,
    body: bytes,
    *,
    event: str = "",
    now: float = 0,
    keys: Keys | None = None,
    signed: bytes | None = None,
    path: str = "/v1/hooks/local",
) -> httpx.Response:
    """One delivery, signed as the provider would; `signed` is what the signature is made over instead."""
    event = event or f"evt_{secrets.token_hex(12)}"
    headers = (keys or desk.provider.keys).headers(event, now or time.time(), body if signed is None else signed)
    return await desk.http.post(path, content=body, headers=headers)


async def test_a_hundred_deliveries_in_any_order_at_once_have_one_effect(desk: CardDesk) -> None:
    made = await desk.checkout(600, 400)
    begun = datetime.now(UTC)
    events = [
        (f"evt_{secrets.token_hex(8)}", message(made, status, at=begun + timedelta(seconds=number)))
        for number, status in enumerate(("pending", "processing", "processing", "captured", "captured"))
    ]
    deliveries = events * 20
    random.Random(4).shuffle(deliveries)
    answers = await asyncio.gather(*(post(desk, body, event=event) for event, body in deliveries))
    assert len(answers) == 100
    assert {answer.status_code for answer in answers} == {200}
    intent = await desk.intent(made)
    assert intent.status is CAPTURED
    assert await desk.events(made.intent_id) == ["intent.captured"]
    assert await desk.audit(made.intent_id) == ["intent.captured"]
    assert sorted(await desk.inbox(made.intent_id)) == ["applied"] * len(events)


async def test_the_providers_own_disorder_has_one_effect_too(desk: CardDesk) -> None:
    await desk.provider.behave(hook_copies=50, hook_jitter_ms=1_500, settle_ms=0)
    made = await desk.checkout(1_000)
    await desk.confirm(made)
    await desk.until(made, CAPTURED)
    deadline = time.monotonic() + 30
    while (await desk.provider.figures())["hooks_waiting"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    assert (await desk.provider.figures())["hooks_delivered"] >= 100
    assert await desk.events(made.intent_id) == ["intent.captured"]


async def test_what_was_overtaken_on_its_way_changes_nothing(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    begun = datetime.now(UTC)
    assert (await post(desk, message(made, "captured", at=begun))).status_code == 200
    version = (await desk.intent(made)).ver
    for status, at in (("processing", begun), ("failed", begun - timedelta(seconds=5))):
        assert (await post(desk, message(made, status, at=at))).status_code == 200
    intent = await desk.intent(made)
    assert (intent.status, intent.ver) == (CAPTURED, version)
    assert await desk.audit(made.intent_id) == ["intent.captured"]


async def test_a_failure_after_the_capture_is_kept_for_a_person(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    begun = datetime.now(UTC)
    await post(desk, message(made, "captured", at=begun))
    assert (await post(desk, message(made, "failed", at=begun + timedelta(hours=1)))).status_code == 200
    assert (await desk.intent(made)).status is CAPTURED
    assert await desk.events(made.intent_id) == ["intent.captured"]
    assert await desk.audit(made.intent_id) == ["intent.captured", "intent.parked"]
    assert sorted(await desk.inbox(made.intent_id)) == ["applied", "received"]


@pytest.mark.parametrize("wrong", [{"amount": 999}, {"amount": 1_001}, {"currency": "USD"}])
async def test_another_sum_or_currency_is_never_captured(desk: CardDesk, wrong: dict[str, Any]) -> None:
    made = await desk.checkout(1_000)
    assert (await post(desk, message(made, "captured", **wrong))).status_code == 200
    assert (await desk.intent(made)).status is IntentStatus.CREATED
    assert await desk.events(made.intent_id) == []
    assert await desk.audit(made.intent_id) == ["intent.parked"]
    assert await desk.inbox(made.intent_id) == ["received"]
    assert (await post(desk, message(made, "captured"))).status_code == 200
    assert (await desk.intent(made)).status is CAPTURED


async def test_a_message_about_another_charge_than_the_one_we_know_is_parked(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await post(desk, message(made, "processing"))
    await post(desk, message(made, "captured", ref="ch_somebody_elses"))
    assert (await desk.intent(made)).status is PROCESSING
    assert await desk.audit(made.intent_id) == ["intent.parked"]


async def test_a_message_about_nothing_of_ours_is_kept_and_answered(desk: CardDesk) -> None:
    stranger = Checkout("", "", f"pin_{secrets.token_hex(8)}", [])
    assert (await post(desk, message(stranger, "captured"))).status_code == 200
    assert await desk.inbox(stranger.intent_id) == ["received"]
    other = json.dumps({"type": "payout.paid", "data": {"note": stranger.intent_id}}).encode()
    assert (await post(desk, other)).status_code == 200
    assert await desk.inbox(stranger.intent_id) == ["received", "received"]


async def refused(desk: CardDesk, made: Checkout, answer: httpx.Response, status: int, code: str) -> None:
    """Refused, and nothing of it is kept."""
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await desk.inbox(made.intent_id) == []
    assert (await desk.intent(made)).status is IntentStatus.CREATED


async def test_a_tampered_body_is_refused(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    body = message(made, "captured")
    for tampered in (body.replace(b"1000", b"1001"), body + b" ", body[:-1]):
        answer = await post(desk, tampered, signed=body)
        await refused(desk, made, answer, 401, "stores.signature.invalid")


@pytest.mark.parametrize("seconds", [-301, -86_400, 320])
async def test_a_message_of_another_time_is_refused(desk: CardDesk, seconds: int) -> None:
    made = await desk.checkout(1_000)
    answer = await post(desk, message(made, "captured"), now=time.time() + seconds)
    await refused(desk, made, answer, 401, "stores.signature.stale")


async def test_a_replayed_message_with_a_younger_time_is_refused(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    body = message(made, "captured")
    old = desk.provider.keys.headers("evt_old", time.time() - 900, body)
    answer = await desk.http.post(
        "/v1/hooks/local", content=body, headers=old | {"webhook-timestamp": str(int(time.time()))}
    )
    await refused(desk, made, answer, 401, "stores.signature.invalid")
    answer = await desk.http.post("/v1/hooks/local", content=body, headers=old)
    await refused(desk, made, answer, 401, "stores.signature.stale")


async def test_another_key_and_no_signature_at_all_are_refused(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    body = message(made, "captured")
    answer = await post(desk, body, keys=Keys((b"some other key",)))
    await refused(desk, made, answer, 401, "stores.signature.invalid")
    answer = await desk.http.post("/v1/hooks/local", content=body)
    await refused(desk, made, answer, 401, "stores.signature.invalid")


async def test_while_a_key_is_replaced_both_are_taken(desk: CardDesk) -> None:
    path = desk.settings.secrets_dir / "provider_key"
    before = path.read_text()
    made = await desk.checkout(1_000)
    old = desk.provider.keys
    path.write_text(f"a-newer-key-of-the-same-provider\n{before}\n")
    try:
        assert (await post(desk, message(made, "processing"), keys=old)).status_code == 200
        new = Keys((b"a-newer-key-of-the-same-provider",))
        assert (await post(desk, message(made, "captured"), keys=new)).status_code == 200
        path.write_text("a-newer-key-of-the-same-provider")
        assert (await post(desk, message(made, "captured"), keys=old)).status_code == 401
    finally:
        path.write_text(before)
    assert (await desk.intent(made)).status is CAPTURED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"type": 5}', b'{"type": "charge.captured"}', b"[" * 5_000,
        b'{"type": "charge.captured", "data": {"ref": {"$gt": ""}}}', b'{"type": "charge.captured", "data": []}',
    ],
)  # fmt: skip
async def test_a_rightly_signed_message_that_makes_no_sense_is_refused(desk: CardDesk, body: bytes) -> None:
    answer = await post(desk, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "webhooks.body.malformed")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 1.5}, {"amount": True}, {"amount": "1000"}, {"amount": -1}, {"amount": 2**70}, {"currency": "syp"},
        {"status": "done"}, {"ref": ""}, {"ref": "x" * 121}, {"reference": None}, {"at": "yesterday"},
        {"at": "2026-11-23T10:00:00"}, {"failure": 5},
    ],
)  # fmt: skip
async def test_every_field_that_decides_money_is_checked(desk: CardDesk, wrong: dict[str, Any]) -> None:
    made = await desk.checkout(1_000)
    raw = json.loads(message(made, "captured"))
    raw["data"] |= wrong
    answer = await post(desk, json.dumps(raw).encode())
    await refused(desk, made, answer, 400, "webhooks.body.malformed")


async def test_a_message_that_is_too_large_and_an_unknown_provider_are_refused(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    answer = await post(desk, message(made, "captured") + b" " * LONGEST_BODY)
    await refused(desk, made, answer, 413, "webhooks.body.large")
    answer = await post(desk, message(made, "captured"), path="/v1/hooks/other")
    await refused(desk, made, answer, 404, "market.thing.missing")
