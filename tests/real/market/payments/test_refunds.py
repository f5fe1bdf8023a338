"""Refunds never exceed what was captured, and go back on the card once, whatever dies in between (I11)."""

import asyncio

import pytest

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payments import PaymentStatus
from daraa.collections.refunds import Refund, RefundMethod, RefundStatus
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import Money
from daraa.market.actor import Actor
from factories.card_desk import CardDesk, syp

pytestmark = pytest.mark.anyio
CARD, WALLET = RefundMethod.ORIGINAL_PAYMENT, RefundMethod.WALLET
ADMIN = Actor("acc_0198c2f1-0000-7000-8000-000000000002")


async def give(desk: CardDesk, payment_id: str, amount: Money, method: RefundMethod = CARD) -> Refund:
    """Open one refund, in a transaction of its own."""
    return await desk.mongo.in_transaction(
        lambda session: desk.refunds.open(session, payment_id, amount, method, "Not wanted", ADMIN), longest_s=10
    )


async def sweep(desk: CardDesk, refund: Refund) -> Refund:
    """Let the sweeper send what is due now."""
    if (await desk.refunds.get(refund.id)).due_at is not None:
        await desk.make_due("refunds", refund.id, "dueAt")
    await desk.refunds.sweep_refunds()
    return await desk.refunds.get(refund.id)


async def test_a_refund_goes_back_on_the_card_once(desk: CardDesk) -> None:
    payment = (await desk.paid(1_000)).payments[0]
    before = await desk.provider.figures()
    refund = await give(desk, payment.id, syp(400))
    assert refund.status is RefundStatus.APPROVED
    stored = await desk.payments.get(payment.id)
    assert (stored.refundable, stored.captured) == (syp(600), syp(1_000))
    assert stored.status is PaymentStatus.PARTIALLY_REFUNDED
    done = await sweep(desk, refund)
    assert (done.status, done.due_at, done.tries) == (RefundStatus.DONE, None, 1)
    assert done.provider_ref
    await sweep(desk, refund)
    after = await desk.provider.figures()
    assert (after["refunds"] - before["refunds"], after["refunded"] - before["refunded"]) == (1, 400)
    assert await desk.events(refund.id) == ["refund.done"]
    assert await desk.audit(payment.id) == ["refund.open", "refund.done"]


async def test_of_twenty_refunds_at_once_no_more_is_given_than_was_captured(desk: CardDesk) -> None:
    payment = (await desk.paid(1_000)).payments[0]
    tried = await asyncio.gather(*(give(desk, payment.id, syp(300)) for _ in range(20)), return_exceptions=True)
    opened = [each for each in tried if isinstance(each, Refund)]
    refused = [each for each in tried if isinstance(each, DaraaError)]
    assert len(opened) == 3
    assert {each.code for each in refused} == {"payments.refund.exceeded"}
    assert len(refused) == 17
    assert (await desk.payments.get(payment.id)).refundable == syp(100)
    await give(desk, payment.id, syp(100))
    stored = await desk.payments.get(payment.id)
    assert (stored.refundable, stored.status) == (syp(0), PaymentStatus.REFUNDED)


async def test_what_was_never_captured_or_in_another_currency_is_not_given_back(desk: CardDesk) -> None:
    unpaid = (await desk.checkout(1_000)).payments[0]
    with pytest.raises(DaraaError) as refused:
        await give(desk, unpaid.id, syp(1))
    assert refused.value.code == "payments.refund.exceeded"
    payment = (await desk.paid(1_000)).payments[0]
    with pytest.raises(DaraaError) as refused:
        await give(desk, payment.id, Money(amount=1, currency="USD"))
    assert refused.value.code == "payments.refund.exceeded"
    with pytest.raises(DaraaError) as refused:
        await give(desk, "pay_0198c2f1-0000-7000-8000-000000000009", syp(1))
    assert refused.value.code == "market.thing.missing"
    assert await desk.refunds.list_of_payment(payment.id) == []


async def test_what_the_wallet_paid_does_not_go_back_on_a_card(desk: CardDesk) -> None:
    payment = (await desk.checkout(1_000, method=PaymentMethod.WALLET)).payments[0]
    with pytest.raises(DaraaError) as refused:
        await give(desk, payment.id, syp(500))
    assert refused.value.code == "payments.refund.impossible"
    assert (await desk.payments.get(payment.id)).refundable == syp(1_000)
    refund = await give(desk, payment.id, syp(1_000), WALLET)
    assert (refund.status, refund.due_at) == (RefundStatus.DONE, None)


async def test_a_refund_that_the_provider_refuses_is_told_and_may_go_another_way(desk: CardDesk) -> None:
    await desk.provider.behave(refuse_refunds=True)
    payment = (await desk.paid(1_000)).payments[0]
    refund = await give(desk, payment.id, syp(1_000))
    failed = await sweep(desk, refund)
    assert (failed.status, failed.failure_reason, failed.due_at) == (RefundStatus.FAILED, "card_closed", None)
    assert await desk.events(refund.id) == ["refund.failed"]
    stored = await desk.payments.get(payment.id)
    assert (stored.refundable, stored.status) == (syp(1_000), PaymentStatus.COMPLETED)
    assert (await give(desk, payment.id, syp(1_000), WALLET)).status is RefundStatus.DONE


async def test_a_refund_that_takes_the_provider_a_while_is_asked_for_again(desk: CardDesk) -> None:
    await desk.provider.behave(refund_ms=400)
    payment = (await desk.paid(1_000)).payments[0]
    before = (await desk.provider.figures())["refunds"]
    refund = await give(desk, payment.id, syp(1_000))
    assert (await sweep(desk, refund)).status is RefundStatus.SENT
    await asyncio.sleep(0.5)
    assert (await sweep(desk, refund)).status is RefundStatus.DONE
    assert (await desk.provider.figures())["refunds"] == before + 1


@pytest.mark.parametrize("answer", ["unsigned", "no_json", "error"])
async def test_a_refund_whose_answer_was_lost_is_made_once(desk: CardDesk, answer: str) -> None:
    payment = (await desk.paid(1_000)).payments[0]
    before = (await desk.provider.figures())["refunds"]
    refund = await give(desk, payment.id, syp(1_000))
    await desk.provider.behave(answer=answer)
    waiting = await sweep(desk, refund)
    assert (waiting.status, waiting.tries) == (RefundStatus.SENT, 1)
    assert waiting.due_at is not None
    await desk.provider.behave()
    assert (await sweep(desk, refund)).status is RefundStatus.DONE
    assert (await desk.provider.figures())["refunds"] == before + 1
