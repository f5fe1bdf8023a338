"""A card that cannot take its refund: the money ends in the wallet, once, and the books know where it is."""

import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.payment_intents import IntentStatus
from daraa.collections.payments import PaymentStatus
from daraa.collections.refunds import REFUNDS
from daraa.market.actor import JOB
from daraa.market.audit.service import Audit
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.ranks import Report
from daraa.market.payments.refund_service import Refunds
from daraa.stores.mongo.session import Session
from daraa.stores.providers import Charge, ChargeOrder, RefundAnswer, RefundState
from factories.market import Town, syp

pytestmark = pytest.mark.anyio


class ClosedCard:
    """A provider whose customers have all closed their cards."""

    name = "local"

    async def create(self, order: ChargeOrder) -> Charge:
        raise AssertionError("nobody pays here")

    async def get(self, provider_ref: str) -> Charge | None:
        return None

    async def find(self, intent_id: str) -> Charge | None:
        return None

    async def refund(self, refund_id: str, provider_ref: str, amount: int, currency: str) -> RefundAnswer:
        return RefundAnswer("", RefundState.REFUSED, "card_closed")


async def test_a_refund_that_the_card_refuses_ends_in_the_wallet_once(town: Town) -> None:
    shopper, shop = await town.shopper(wallet=500), await town.storefront(10_000)
    group = await town.bought(shopper, {shop.variant.id: 1}, {"method": "card"})
    paid, intent_id = group["totals"]["total"]["amount"], group["payment_intent_id"]

    async def capture(session: Session) -> None:
        said = Report("local", f"ch_{intent_id}", IntentStatus.CAPTURED, syp(paid))
        intents = town.market.get(Intents)
        weighed = await intents.weigh(session, intent_id, said)
        assert weighed is not None
        await intents.act(session, weighed, JOB)

    await town.own.in_transaction(capture)
    await town.relay()
    order_id = group["orders"][0]["id"]
    path = f"{shop.orders}/{order_id}:reject"
    answer = await town.client.post(path, json={"reason": "sold out"}, headers=shop.headers)
    assert answer.status_code == 200, answer.text
    counts = await Refunds(town.own, ClosedCard(), Audit(town.own)).sweep_refunds()
    assert counts["refused"] == 1
    for _ in range(2):
        await town.relay()
    assert (await town.wallet_of(shopper.id)).available == 500 + paid
    assert await town.count(REFUNDS, orderId=order_id, status="failed", method="original_payment") == 1
    assert await town.count(REFUNDS, orderId=order_id, status="done", method="wallet") == 1
    assert await town.count(JOURNALS, orderId=order_id, kind="refund") == 2
    payment = await town.payment_of(order_id)
    assert (payment.status, payment.refundable) == (PaymentStatus.REFUNDED, syp(0))
    await town.prove()
