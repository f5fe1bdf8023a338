"""What delivering an order posts to the ledger: a pure function of the order, its payment and everybody's shares."""

from daraa.collections.orders import Order
from daraa.collections.payments import Payment
from daraa.kernel.money import Money
from daraa.market.payments.plan import cash_part
from daraa.market.wallets.postings import Posting, cash_handed_over, closed
from daraa.market.wallets.settling import Shares


def cash_due(payment: Payment) -> Money | None:
    """What is paid at the door, cash rounding included; None when nothing is."""
    due = cash_part(payment)
    return Money(amount=due, currency=payment.amount.currency) if due else None


def closing_postings(
    order: Order, payment: Payment, shares: Shares, *, courier_id: str, store_wallet: str, courier_wallet: str
) -> list[Posting]:
    """The cash into the courier's custody first (it fills the escrow), then the escrow among all who share in it."""
    cash = cash_due(payment)
    handed = (
        [] if cash is None else [cash_handed_over(order.id, payment.id, courier_id, cash, order.totals.cash_rounding)]
    )
    close = closed(
        order.id,
        payment.id,
        store_id=order.store_id,
        store_wallet=store_wallet,
        goods_share=shares.store,
        commission=shares.commission,
        delivery_share=shares.delivery,
        courier_id=courier_id,
        courier_wallet=courier_wallet,
        courier_share=shares.courier,
    )
    return [*handed, close]
