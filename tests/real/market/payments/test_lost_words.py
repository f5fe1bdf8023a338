"""What the provider does not tell is found out: lost hooks, silence, garbage, payers who never come, and kills."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping

import httpx
import pytest

from daraa.collections.payment_intents import PAYMENT_INTENTS, IntentStatus
from daraa.market.audit.service import Audit
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.opening import open_payments
from daraa.stores.providers import ChargeOrder, HttpCardProvider
from factories.card_desk import HOST, CardDesk, Checkout, eventually
from servers.ports import free_port

pytestmark = pytest.mark.anyio
CREATED, PROCESSING = IntentStatus.CREATED, IntentStatus.PROCESSING
CAPTURED, FAILED, EXPIRED = IntentStatus.CAPTURED, IntentStatus.FAILED, IntentStatus.EXPIRED


async def look(desk: CardDesk, made: Checkout, intents: Intents | None = None) -> Mapping[str, int]:
    """Let the sweeper look now."""
    await desk.make_due("payment_intents", made.intent_id, "lookAt")
    return await (intents or desk.intents).sweep_intents()


async def settled(desk: CardDesk, made: Checkout, status: str) -> None:
    """Wait until the provider itself is that far."""

    async def there() -> bool | None:
        charge = await desk.provider.client.find(made.intent_id)
        return True if charge is not None and charge.status.value == status else None

    await eventually(there)


def away(desk: CardDesk) -> Intents:
    """Our side when the provider cannot be reached."""
    nobody = HttpCardProvider("local", f"http://{HOST}:{free_port()}", lambda: desk.provider.keys, seconds=1)
    return open_payments(desk.mongo, desk.settings, Audit(desk.mongo), nobody).intents


async def test_a_lost_hook_is_found_by_the_sweep(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_silent")
    await settled(desk, made, "captured")
    assert (await desk.intent(made)).status in (CREATED, PROCESSING)
    assert (await look(desk, made))["captured"] == 1
    assert (await desk.intent(made)).status is CAPTURED
    assert await desk.events(made.intent_id) == ["intent.captured"]
    assert "looked" in await desk.intents.sweep_intents()
    assert await desk.events(made.intent_id) == ["intent.captured"]


async def test_hooks_that_always_get_lost_delay_but_lose_nothing(desk: CardDesk) -> None:
    await desk.provider.behave(hook_lost_share=1)
    good, bad = await desk.checkout(1_000), await desk.checkout(2_000)
    await desk.confirm(good)
    await desk.confirm(bad, "tok_declined")
    await settled(desk, good, "captured")
    await settled(desk, bad, "failed")
    await look(desk, good)
    await look(desk, bad)
    assert (await desk.intent(good)).status is CAPTURED
    assert (await desk.intent(bad)).status is FAILED


async def test_a_charge_that_was_made_but_never_recorded_is_found(desk: CardDesk) -> None:
    """As if we had died between the provider's answer and our own note."""
    await desk.provider.behave(hook_lost_share=1)
    made = await desk.checkout(1_000)
    await desk.provider.client.create(ChargeOrder(made.intent_id, 1_000, "SYP", token="tok_ok"))
    await settled(desk, made, "captured")
    assert (await desk.intent(made)).status is CREATED
    await look(desk, made)
    assert (await desk.intent(made)).status is CAPTURED


async def test_an_intent_that_nobody_confirmed_expires_in_its_time(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    assert (await look(desk, made))["waiting"] == 1
    assert (await desk.intent(made)).status is CREATED
    await desk.make_due("payment_intents", made.intent_id, "expiresAt")
    assert (await look(desk, made))["expired"] == 1
    assert (await desk.intent(made)).status is EXPIRED
    assert await desk.events(made.intent_id) == ["intent.expired"]
    assert await desk.audit(made.intent_id) == ["intent.expired"]


async def test_the_provider_is_asked_once_more_before_an_intent_expires(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_silent")
    await settled(desk, made, "captured")
    await desk.make_due("payment_intents", made.intent_id, "expiresAt")
    await look(desk, made)
    assert (await desk.intent(made)).status is CAPTURED
    assert not (await desk.intent(made)).late


async def test_money_that_comes_after_the_expiry_is_found_even_when_its_hook_is_lost(desk: CardDesk) -> None:
    await desk.provider.behave(hook_lost_share=1)
    made = await desk.checkout(1_000)
    page = (await desk.confirm(made, None)).json()["data"]["redirect_url"]
    intent = await desk.intent(made)
    await desk.mongo.collection(PAYMENT_INTENTS).update_one(
        {"_id": made.intent_id}, {"$set": {"expiresAt": intent.created_at}}
    )
    assert (await look(desk, made))["expired"] == 1
    async with httpx.AsyncClient() as browser:
        await browser.post(page, data={"card": "tok_ok"})
    await settled(desk, made, "captured")
    assert (await look(desk, made))["captured"] == 1
    intent = await desk.intent(made)
    assert intent.late
    assert await desk.events(made.intent_id) == ["intent.expired", "intent.captured"]


async def test_an_intent_that_is_stuck_at_the_provider_expires(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_stuck")
    await desk.until(made, PROCESSING)
    assert (await look(desk, made))["waiting"] == 1
    await desk.make_due("payment_intents", made.intent_id, "expiresAt")
    assert (await look(desk, made))["expired"] == 1


async def test_a_provider_that_is_down_leaves_the_intent_as_it_is_and_says_try_again(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    desk.provider.child.kill()
    answer = await desk.confirm(made)
    assert (answer.status_code, answer.json()["code"]) == (503, "stores.provider.unavailable")
    assert answer.json()["retryable"]
    assert (await desk.intent(made)).status is CREATED
    assert (await look(desk, made))["silent"] == 1
    await desk.provider.child.start()
    assert (await desk.confirm(made)).status_code == 200
    await desk.until(made, CAPTURED)


async def test_after_a_long_silence_an_intent_is_given_up_and_money_that_comes_later_is_still_seen(
    desk: CardDesk,
) -> None:
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_silent")
    intents = away(desk)
    assert (await look(desk, made, intents))["silent"] == 1
    assert (await desk.intent(made)).status in (CREATED, PROCESSING)
    await desk.make_due("payment_intents", made.intent_id, "expiresAt")
    await look(desk, made, intents)
    assert (await desk.intent(made)).status is EXPIRED
    await settled(desk, made, "captured")
    await look(desk, made)
    assert (await desk.intent(made)).late
    assert await desk.events(made.intent_id) == ["intent.expired", "intent.captured"]


async def test_a_slow_provider_costs_the_callers_patience_and_no_second_charge(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.provider.behave(answer_ms=60_000)
    began = time.monotonic()
    answer = await desk.confirm(made)
    assert (answer.status_code, answer.json()["code"]) == (503, "stores.provider.unavailable")
    assert time.monotonic() - began < 30, "it waited for the provider"
    await desk.provider.behave()
    assert (await desk.confirm(made)).status_code == 200
    await desk.until(made, CAPTURED)
    assert await desk.events(made.intent_id) == ["intent.captured"]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("unsigned", 502, "stores.provider.garbled"),
        ("no_json", 502, "stores.provider.garbled"),
        ("other_sum", 502, "stores.provider.garbled"),
        ("error", 503, "stores.provider.unavailable"),
    ],
)
async def test_an_answer_that_cannot_be_believed_moves_nothing(
    desk: CardDesk, answer: str, status: int, code: str
) -> None:
    made = await desk.checkout(1_000)
    await desk.provider.behave(answer=answer, hook_ms=60_000)
    refused = await desk.confirm(made)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await desk.intent(made)).status is CREATED
    await desk.provider.behave()
    assert (await desk.confirm(made)).status_code == 200
    await settled(desk, made, "captured")
    await look(desk, made)
    assert (await desk.intent(made)).status is CAPTURED


async def test_a_killed_provider_comes_back_with_its_memory_and_its_undelivered_hooks(desk: CardDesk) -> None:
    await desk.provider.behave(settle_ms=5_000)
    made = await desk.checkout(1_000)
    await desk.confirm(made)
    before = await desk.provider.figures()
    pid = desk.provider.child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await desk.provider.child.wait() == -signal.SIGKILL
    assert (await desk.intent(made)).status is not CAPTURED
    await desk.provider.child.start()
    await desk.until(made, CAPTURED)
    after = await desk.provider.figures()
    assert after["charges"] == before["charges"]
    assert await desk.events(made.intent_id) == ["intent.captured"]


async def test_sweepers_beside_each_other_and_a_hook_make_one_effect(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.provider.behave(settle_ms=0)
    await desk.confirm(made)
    await asyncio.gather(*(look(desk, made) for _ in range(6)))
    await desk.until(made, CAPTURED)
    assert await desk.events(made.intent_id) == ["intent.captured"]


async def test_three_silent_calls_in_a_row_end_a_sweep(desk: CardDesk) -> None:
    made = [await desk.checkout(1_000) for _ in range(5)]
    for each in made:
        await desk.make_due("payment_intents", each.intent_id, "lookAt")
    counts = await away(desk).sweep_intents()
    assert counts["silent"] == 3
