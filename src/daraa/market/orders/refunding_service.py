"""Gives back what was captured for an order whose escrow is still open, each part to where it came from."""

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.orders import Order
from daraa.collections.payments import Payment
from daraa.collections.refunds import Refund, RefundMethod
from daraa.collections.wallets import WalletKind
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.payments.plan import card_part
from daraa.market.payments.refund_service import Refunds
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import refunded_before_close
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo.session import Session


class Refunding:
    """The refund of an order that will not be delivered; used by cancelling, late captures and returns to the store."""

    def __init__(self, refunds: Refunds, wallets: Wallets, ledger: Ledger, clock: Clock = SYSTEM_CLOCK) -> None:
        self._refunds, self._wallets, self._ledger, self._clock = refunds, wallets, ledger, clock

    async def give_back(
        self, session: Session, order: Order, payment: Payment, actor: Actor, reason: str
    ) -> list[Refund]:
        """Refund all that is still refundable of the payment, before its escrow was closed; empty when nothing is.

        What the wallet paid is in the wallet when the transaction commits; what the card paid leaves escrow now and is
        sent back by the provider's job later. `payment` is as it stands in this transaction.
        """
        refunds = []
        for method, amount in _split(payment):
            refund = await self._refunds.open(session, payment.id, amount, method, reason, actor)
            to_wallet = to_gateway = None
            if method is RefundMethod.WALLET:
                wallet = await self._wallets.get_or_open(order.customer_id, WalletKind.CUSTOMER, amount.currency)
                to_wallet = wallet.id
            else:
                to_gateway = payment.provider
            posting = refunded_before_close(
                refund.id, order.id, payment.id, amount, to_wallet=to_wallet, to_gateway=to_gateway
            )
            await self._ledger.post(session, [posting], actor=actor, now=self._clock.now())
            refunds.append(refund)
        return refunds


def _split(payment: Payment) -> list[tuple[RefundMethod, Money]]:
    """Back to where it came from: the wallet's part was captured first, so what exceeds it is the card's."""
    left, currency = payment.refundable.amount, payment.refundable.currency
    by_card = min(left, card_part(payment)) if payment.captured.amount > _by_wallet(payment) else 0
    parts = ((RefundMethod.WALLET, left - by_card), (RefundMethod.ORIGINAL_PAYMENT, by_card))
    return [(method, Money(amount=amount, currency=currency)) for method, amount in parts if amount]


def _by_wallet(payment: Payment) -> int:
    return sum(part.amount.amount for part in payment.parts if part.method is PaymentMethod.WALLET)
