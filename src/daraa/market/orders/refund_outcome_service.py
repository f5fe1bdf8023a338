"""What happens to money that could not go back on a card: it goes to the customer's wallet instead, never nowhere."""

from daraa.collections.refunds import RefundMethod
from daraa.collections.wallets import WalletKind
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB
from daraa.market.payments.refund_service import Refunds
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import refunded_by_wallet_instead
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.session import Session

REASON = "The card could not take the refund"


class RefundOutcomes:
    """Consumer of refunds that the card provider refused; its effect is made once, in the relay's transaction."""

    def __init__(self, refunds: Refunds, wallets: Wallets, ledger: Ledger, clock: Clock = SYSTEM_CLOCK) -> None:
        self._refunds, self._wallets, self._ledger, self._clock = refunds, wallets, ledger, clock

    def consumers(self) -> tuple[Consumer, ...]:
        """Who takes `refund.failed`."""
        return (Consumer("refund.failed", "orders.refund_to_wallet", self.on_failed),)

    async def on_failed(self, event: Event, session: Session) -> None:
        """A second refund of the same sum, to the wallet; the provider still owes what the first took off."""
        told = event.payload
        amount = Money.model_validate(told["amount"])
        refund = await self._refunds.open(session, told["payment_id"], amount, RefundMethod.WALLET, REASON, JOB)
        # A wallet that is made now is not seen by this transaction: the relay tries again in a moment, and then it is.
        wallet = await self._wallets.get_or_open(told["customer_id"], WalletKind.CUSTOMER, amount.currency)
        posting = refunded_by_wallet_instead(
            refund.id, refund.order_id, refund.payment_id, told["provider"], wallet.id, amount
        )
        await self._ledger.post(session, [posting], actor=JOB, now=self._clock.now())
