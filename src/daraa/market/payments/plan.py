"""Decides how a checkout is paid: how much of each order by wallet, card and cash, to the last unit. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payment_intents import IntentAllocation
from daraa.collections.payments import CashState, Payment, PaymentPart, PaymentStatus
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money, allocate
from daraa.market.payments.errors import WALLET_SHARE


@dataclass(frozen=True, slots=True)
class Tender:
    """How one order is paid, in minor units; `rounding` is what its cash differs from what is due in cash."""

    wallet: int = 0
    card: int = 0
    cash: int = 0
    rounding: int = 0

    @property
    def total(self) -> int:
        """What the customer pays, rounding included: the order's total."""
        return self.wallet + self.card + self.cash


@dataclass(frozen=True, slots=True)
class OrderDue:
    """One order of a checkout; `due` is its total before its cash is rounded."""

    order_id: str
    group_id: str
    customer_id: str
    store_id: str
    due: Money


def tenders(
    dues: Sequence[int],
    method: PaymentMethod,
    *,
    wallet: int = 0,
    cash_step: int = 1,
    rest: PaymentMethod = PaymentMethod.CASH,
) -> list[Tender]:
    """How each of the orders is paid, in their order; all figures in minor units of one currency.

    `wallet` counts with the method mixed only: it is spread over the orders by largest remainder, and what remains is
    paid by `rest` (cash or card). `cash_step` is the currency's smallest note. DaraaError `payments.wallet.share`
    when the wallet would pay nothing or all of a mixed payment.
    """
    match method:
        case PaymentMethod.WALLET:
            return [Tender(wallet=due) for due in dues]
        case PaymentMethod.CARD:
            return [Tender(card=due) for due in dues]
        case PaymentMethod.CASH:
            return [_with_cash(0, due, cash_step) for due in dues]
        case PaymentMethod.MIXED:
            shares = _wallet_shares(dues, wallet)
            if rest is PaymentMethod.CARD:
                return [Tender(wallet=share, card=due - share) for share, due in zip(shares, dues, strict=True)]
            return [_with_cash(share, due - share, cash_step) for share, due in zip(shares, dues, strict=True)]
        case _:
            raise ValueError(f"checkouts are not paid by {method.value} (yet)")


def _wallet_shares(dues: Sequence[int], wallet: int) -> list[int]:
    if not 0 < wallet < sum(dues):
        raise DaraaError(
            WALLET_SHARE,
            "A mixed payment takes some of the total from the wallet, and not all of it.",
            hint="Send an amount between the two, or choose another way to pay.",
            ar="حدد مبلغا من المحفظة أقل من الإجمالي، أو اختر طريقة دفع أخرى.",
            total=sum(dues),
        )
    return allocate(wallet, dues)


def _with_cash(wallet: int, due: int, step: int) -> Tender:
    cash = round_cash(due, step)
    return Tender(wallet=wallet, cash=cash, rounding=cash - due)


def round_cash(due: int, step: int) -> int:
    """To the nearest multiple of the smallest note, halves up; something due is never rounded down to nothing."""
    rounded = (2 * due + step) // (2 * step) * step
    return max(rounded, step) if due else 0


def plan(
    orders: Sequence[OrderDue],
    how: Sequence[Tender],
    method: PaymentMethod,
    *,
    now: datetime,
    provider: str,
    intent_id: str | None = None,
) -> list[Payment]:
    """The payments of a checkout, one for each order, as they are when it is placed.

    Wallet parts count as captured: the wallet is debited in the very transaction that stores the payment. Card parts
    wait for the intent `intent_id`, under whose name each gets a reference of its own.
    """
    return [
        _payment(order, tender, method, number, now=now, provider=provider, intent_id=intent_id)
        for number, (order, tender) in enumerate(zip(orders, how, strict=True), 1)
    ]


def _payment(
    order: OrderDue,
    tender: Tender,
    method: PaymentMethod,
    number: int,
    *,
    now: datetime,
    provider: str,
    intent_id: str | None,
) -> Payment:
    currency = order.due.currency
    by_method = {
        PaymentMethod.WALLET: tender.wallet,
        PaymentMethod.CARD: tender.card,
        PaymentMethod.CASH: tender.cash,
    }
    parts = tuple(
        PaymentPart(method=each, amount=Money(amount=amount, currency=currency))
        for each, amount in by_method.items()
        if amount
    )
    paid = tender.total == tender.wallet
    captured = Money(amount=tender.wallet, currency=currency)
    if tender.card and intent_id is None:
        raise TypeError("a card part needs the intent that captures it")
    return Payment(
        id=new_id("pay"),
        order_id=order.order_id,
        group_id=order.group_id,
        customer_id=order.customer_id,
        store_id=order.store_id,
        method=parts[0].method if len(parts) == 1 else method,
        parts=parts,
        amount=Money(amount=tender.total, currency=currency),
        captured=captured,
        refundable=captured,
        status=PaymentStatus.COMPLETED if paid else PaymentStatus.PENDING,
        cash_state=CashState.DUE if tender.cash else None,
        intent_id=intent_id if tender.card else None,
        provider=provider if tender.card else None,
        provider_ref=f"{intent_id}.{number}" if tender.card else None,
        paid_at=now if paid else None,
        **stamp(now),
    )


def card_part(payment: Payment) -> int:
    """How much of a payment goes by card, in minor units."""
    return sum(part.amount.amount for part in payment.parts if part.method is PaymentMethod.CARD)


def cash_part(payment: Payment) -> int:
    """How much of a payment is paid at the door, in minor units."""
    return sum(part.amount.amount for part in payment.parts if part.method is PaymentMethod.CASH)


def card_allocations(payments: Sequence[Payment]) -> tuple[IntentAllocation, ...]:
    """What an intent captures for each order that has a card part."""
    return tuple(
        IntentAllocation(
            order_id=payment.order_id,
            payment_id=payment.id,
            amount=Money(amount=card_part(payment), currency=payment.amount.currency),
            ref=payment.provider_ref,
        )
        for payment in payments
        if payment.provider_ref is not None
    )
