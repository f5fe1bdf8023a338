"""A customer pays by card through real HTTP: the provider is another process, and comes back by signed hooks."""

import asyncio

import httpx
import pytest

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payment_intents import IntentStatus
from daraa.collections.payments import PaymentStatus
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.session import Session
from factories.card_desk import CardDesk, syp
from factories.gate import as_admin, signed_in

pytestmark = pytest.mark.anyio
CAPTURED, FAILED, EXPIRED = IntentStatus.CAPTURED, IntentStatus.FAILED, IntentStatus.EXPIRED
STRANGER = "acc_0198c2f1-0000-7000-8000-000000000001"


async def test_a_card_that_is_good_pays_for_all_orders_of_the_checkout(desk: CardDesk) -> None:
    made = await desk.checkout(700, 300)
    answer = await desk.confirm(made)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["status"] in ("processing", "captured")
    assert answer.json()["data"]["redirect_url"].startswith(desk.provider.url)
    intent = await desk.until(made, CAPTURED)
    assert intent.look_at is None
    assert not intent.late
    assert await desk.events(intent.id) == ["intent.captured"]
    assert await desk.audit(intent.id) == ["intent.captured"]
    shares = intent.allocations
    assert [share.amount for share in shares] == [syp(700), syp(300)]
    assert [share.payment_id for share in shares] == [payment.id for payment in made.payments]


async def test_the_payer_may_pay_on_the_providers_own_page(desk: CardDesk) -> None:
    made = await desk.topup(5_000)
    answer = await desk.confirm(made, token=None)
    page = answer.json()["data"]["redirect_url"]
    assert (await desk.intent(made)).status is IntentStatus.PROCESSING
    async with httpx.AsyncClient() as browser:
        assert "5000 SYP" in (await browser.get(page)).text
        assert (await browser.post(page, data={"card": "tok_ok"})).status_code == 200
    assert (await desk.until(made, CAPTURED)).target_id == made.target_id


async def test_a_declined_card_fails_the_intent_and_says_why(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_declined")
    intent = await desk.until(made, FAILED)
    assert intent.failure_reason == "card_declined"
    assert await desk.events(intent.id) == ["intent.failed"]
    again = await desk.confirm(made)
    assert (again.status_code, again.json()["code"]) == (409, "payments.intent.finished")


async def test_the_same_confirmation_sent_twenty_times_at_once_charges_once(desk: CardDesk) -> None:
    before = (await desk.provider.figures())["charges"]
    made = await desk.checkout(1_000)
    answers = await asyncio.gather(*(desk.confirm(made) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await desk.until(made, CAPTURED)
    assert (await desk.provider.figures())["charges"] == before + 1
    assert await desk.events(made.intent_id) == ["intent.captured"]


@pytest.mark.parametrize("path", ["", ":confirm"])
async def test_nobody_sees_or_confirms_the_intent_of_another(desk: CardDesk, path: str) -> None:
    made = await desk.checkout(1_000)
    address = f"/v1/payment-intents/{made.intent_id}{path}"
    method = "POST" if path else "GET"
    for headers, status in (({}, 401), (signed_in(STRANGER), 404), (as_admin(STRANGER), 403)):
        body = {"json": {}} if path else {}
        assert (await desk.http.request(method, address, headers=headers, **body)).status_code == status
    assert (await desk.intent(made)).status is IntentStatus.CREATED


@pytest.mark.parametrize("body", [{"token": {"$gt": ""}}, {"token": ""}, {"token": "a" * 201}, {"tok": "x"}, []])
async def test_a_malformed_confirmation_is_refused(desk: CardDesk, body: object) -> None:
    made = await desk.checkout(1_000)
    path = f"/v1/payment-intents/{made.intent_id}:confirm"
    answer = await desk.http.post(path, json=body, headers=signed_in(made.customer_id))
    assert answer.status_code in (400, 422)
    assert (await desk.intent(made)).status is IntentStatus.CREATED


async def test_an_expired_intent_is_not_charged(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    await desk.make_due("payment_intents", made.intent_id, "expiresAt")
    before = (await desk.provider.figures())["charges"]
    answer = await desk.confirm(made)
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.intent.finished")
    assert (await desk.provider.figures())["charges"] == before


async def test_money_that_comes_after_a_failure_is_recorded_and_told(desk: CardDesk) -> None:
    await desk.provider.behave(late_ms=3_000)
    made = await desk.checkout(1_000)
    await desk.confirm(made, "tok_late")
    await desk.until(made, IntentStatus.FAILED)
    intent = await desk.until(made, CAPTURED)
    assert intent.late
    assert await desk.events(intent.id) == ["intent.failed", "intent.captured"]
    assert await desk.audit(intent.id) == ["intent.failed", "intent.captured"]


async def test_a_captured_payment_is_captured_once_and_may_be_refunded(desk: CardDesk) -> None:
    made = await desk.checkout(1_000, method=PaymentMethod.MIXED, wallet=400)
    payment = made.payments[0]
    assert (payment.captured, payment.refundable) == (syp(400), syp(400))

    async def capture(session: Session) -> None:
        await desk.payments.captured(session, payment.id, syp(600))

    await desk.mongo.in_transaction(capture)
    stored = await desk.payments.get(payment.id)
    assert (stored.captured, stored.refundable, stored.status) == (syp(1_000), syp(1_000), PaymentStatus.COMPLETED)
    with pytest.raises(DaraaError) as refused:
        await desk.mongo.in_transaction(capture)
    assert refused.value.code == "payments.payment.state"
    assert (await desk.payments.get(payment.id)).captured == syp(1_000)


async def test_an_admin_with_the_right_sees_a_payment_and_others_do_not(desk: CardDesk) -> None:
    made = await desk.checkout(1_000)
    path = f"/v1/admin/payments/{made.payments[0].id}"
    answer = await desk.http.get(path, headers=as_admin(STRANGER, "payment:read"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["amount"] == {"amount": 1_000, "currency": "SYP"}
    assert (await desk.http.get(path, headers=as_admin(STRANGER, "audit:read"))).status_code == 403
    assert (await desk.http.get(path, headers=signed_in(made.customer_id))).status_code == 403
    assert (await desk.http.get(path)).status_code == 401
