"""What an order comes to once it is delivered: the shares of store, platform and courier, and the commission rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.collections.commissions import Commission, CommissionKind
from daraa.collections.orders import Order
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Shares:
    """Who gets what of an order. They sum to what its escrow holds: the total without cash rounding and coupons."""

    store: Money
    commission: Money
    courier: Money
    delivery: Money


def shares_of(order: Order) -> Shares:
    """The shares by the commission that was sealed on the lines and on the delivery fee at placement."""
    currency = order.totals.total.currency
    goods = sum(line.total.amount for line in order.items)
    commission = sum(line.commission.amount.amount for line in order.items)
    agreed, fee = order.delivery_commission, order.totals.delivery
    platform = agreed.amount if agreed is not None else Money(amount=0, currency=currency)
    return Shares(
        store=Money(amount=goods - commission, currency=currency),
        commission=Money(amount=commission, currency=currency),
        courier=fee - platform,
        delivery=platform,
    )


def commissions_for(order: Order, *, journal_id: str, delivered_at: datetime) -> tuple[Commission, Commission]:
    """The platform's two earnings on a delivered order, accrued until its return window is over.

    `journal_id` is the journal that closed its escrow. All lines of an order are one store's, so one rule was theirs.
    """
    shares, rule, agreed = shares_of(order), order.items[0].commission, order.delivery_commission
    of_goods = Commission(
        id=new_id("com"),
        order_id=order.id,
        store_id=order.store_id,
        courier_id=order.courier_id,
        kind=CommissionKind.PLATFORM,
        rule_id=rule.rule_id,
        base=shares.store + shares.commission,
        rate_bp=rule.rate_basis_points,
        amount=shares.commission,
        reversed_amount=Money(amount=0, currency=shares.store.currency),
        due_at=delivered_at + timedelta(days=order.return_days),
        journal_id=journal_id,
        **stamp(delivered_at),
    )
    of_delivery = {
        "id": new_id("com"),
        "kind": CommissionKind.DELIVERY,
        "rule_id": agreed.rule_id if agreed else None,
        "base": order.totals.delivery,
        "rate_bp": agreed.rate_basis_points if agreed else 0,
        "amount": shares.delivery,
    }
    return of_goods, of_goods.model_copy(update=of_delivery)
