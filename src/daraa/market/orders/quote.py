"""What a cart would cost now, order by order: a pure function of offers, fees, rules and the way of paying."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daraa.collections.order_parts import CommissionCopy, OrderTotals, PaymentMethod
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import INT64_MAX, Money
from daraa.market.catalog.offer_service import SellableVariant
from daraa.market.delivery.quote import DeliveryQuote
from daraa.market.orders import errors
from daraa.market.payments.plan import Tender, tenders

MOST = INT64_MAX // 1_000
"""The largest total that is accepted, in minor units: sums of many orders still fit the database's integers."""
Freeze = Callable[[SellableVariant, Money], CommissionCopy]
"""The commission on a base (goods of a line, or a delivery fee) of that variant's store, as of now."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a cart, with the price that the customer saw last."""

    variant_id: str
    quantity: int
    last_price: Money


@dataclass(frozen=True, slots=True)
class Way:
    """How the customer wants to pay. Mixed means `wallet_amount` minor units from the wallet and the rest by `rest`."""

    method: PaymentMethod
    wallet_amount: int = 0
    rest: PaymentMethod = PaymentMethod.CASH


@dataclass(frozen=True, slots=True)
class LineQuote:
    """One line at its price of now."""

    offer: SellableVariant
    quantity: int
    last_price: Money
    total: Money
    commission: CommissionCopy

    @property
    def explanation(self) -> list[dict[str, object]]:
        """How the line's total comes about, step by step, for the customer."""
        unit, steps = self.offer.unit_price, list[dict[str, object]]()
        if unit != self.last_price:
            steps.append({"step": "price_changed", "was": self.last_price.model_dump(), "now": unit.model_dump()})
        steps.append({"step": "unit_price", "amount": unit.model_dump()})
        steps.append({"step": "times_quantity", "quantity": self.quantity, "amount": self.total.model_dump()})
        return steps


@dataclass(frozen=True, slots=True)
class OrderQuote:
    """What one store's part costs and how it is paid."""

    store_id: str
    lines: tuple[LineQuote, ...]
    delivery: DeliveryQuote
    delivery_commission: CommissionCopy
    totals: OrderTotals
    tender: Tender

    @property
    def offer(self) -> SellableVariant:
        """Any of its lines' offers: what it says of the store holds for all."""
        return self.lines[0].offer

    @property
    def due(self) -> Money:
        """Its total before its cash is rounded."""
        return self.totals.total - self.totals.cash_rounding


@dataclass(frozen=True, slots=True)
class Quote:
    """What the whole cart costs: one order per store, in the order in which the cart names the stores."""

    currency: str
    way: Way
    orders: tuple[OrderQuote, ...]
    totals: OrderTotals

    @property
    def by_wallet(self) -> int:
        """How much the wallet pays, in minor units."""
        return sum(order.tender.wallet for order in self.orders)

    @property
    def by_card(self) -> int:
        """How much the card pays, in minor units."""
        return sum(order.tender.card for order in self.orders)

    @property
    def by_cash(self) -> int:
        """How much is paid at the door, in minor units."""
        return sum(order.tender.cash for order in self.orders)

    def changes(self) -> list[dict[str, object]]:
        """The lines whose price is no longer the one that the customer saw last."""
        return [
            {
                "variant_id": line.offer.variant_id,
                "was": line.last_price.model_dump(),
                "now": line.offer.unit_price.model_dump(),
            }
            for order in self.orders
            for line in order.lines
            if line.last_price != line.offer.unit_price
        ]


def split(lines: Sequence[Wanted], offers: Mapping[str, SellableVariant]) -> Mapping[str, Sequence[Wanted]]:
    """The lines by store; `orders.line.unsellable` when any cannot be bought now, `orders.currency.mixed` otherwise."""
    gone = [
        {"variant_id": line.variant_id, "reason": offer.reason if offer else "variant_missing"}
        for line in lines
        if (offer := offers.get(line.variant_id)) is None or not offer.sellable
    ]
    if gone:
        raise DaraaError(
            errors.UNSELLABLE,
            "Some lines of the cart cannot be bought now.",
            hint="Remove them from the cart.",
            ar="احذف الأصناف غير المتاحة من السلة.",
            lines=gone,
        )
    if len({offers[line.variant_id].unit_price.currency for line in lines}) > 1:
        raise DaraaError(
            errors.CURRENCY_MIXED,
            "One checkout takes one currency.",
            hint="Buy what costs another currency separately.",
            ar="اشتر ما سعر بعملة أخرى في طلب منفصل.",
        )
    stores: dict[str, list[Wanted]] = {}
    for line in lines:
        stores.setdefault(offers[line.variant_id].store_id, []).append(line)
    return stores


def goods_of(stores: Mapping[str, Sequence[Wanted]], offers: Mapping[str, SellableVariant]) -> dict[str, Money]:
    """What each store's goods cost; `orders.total.high` beyond any sensible sum."""
    goods = {
        store: sum(offers[line.variant_id].unit_price.amount * line.quantity for line in lines)
        for store, lines in stores.items()
    }
    if sum(goods.values()) > MOST:
        raise DaraaError(
            errors.TOTAL_HIGH,
            "The cart is worth more than one checkout may be.",
            hint="Split it.",
            ar="قسم السلة إلى طلبات أصغر.",
        )
    currency = next(iter(offers[line.variant_id].unit_price.currency for lines in stores.values() for line in lines))
    return {store: Money(amount=amount, currency=currency) for store, amount in goods.items()}


def make_quote(
    stores: Mapping[str, Sequence[Wanted]],
    offers: Mapping[str, SellableVariant],
    deliveries: Mapping[str, DeliveryQuote],
    freeze: Freeze,
    freeze_delivery: Freeze,
    way: Way,
    cash_step: int,
) -> Quote:
    """Price everything and say how each order is paid.

    `payments.wallet.share` for a wallet amount that makes no sense, `orders.cash.refused` when a store does not take
    this cash.
    """
    goods = goods_of(stores, offers)
    currency = next(iter(goods.values())).currency
    dues = [goods[store].amount + deliveries[store].fee.amount for store in stores]
    how = tenders(dues, way.method, wallet=way.wallet_amount, cash_step=cash_step, rest=way.rest)
    orders = []
    for (store, wanted), tender in zip(stores.items(), how, strict=True):
        lines = tuple(_line(each, offers[each.variant_id], freeze) for each in wanted)
        fee = deliveries[store].fee
        totals = _totals(goods[store].amount, fee.amount, tender.rounding, currency)
        shared = freeze_delivery(lines[0].offer, fee)
        orders.append(OrderQuote(store, lines, deliveries[store], shared, totals, tender))
    quote = Quote(currency, way, tuple(orders), sum_totals([order.totals for order in orders], currency))
    _check_cash(quote)
    return quote


def sum_totals(each: Sequence[OrderTotals], currency: str) -> OrderTotals:
    """The totals of several orders as one."""

    def add(name: str) -> Money:
        return Money(amount=sum(getattr(totals, name).amount for totals in each), currency=currency)

    return OrderTotals(**{name: add(name) for name in OrderTotals.model_fields})


def _line(wanted: Wanted, offer: SellableVariant, freeze: Freeze) -> LineQuote:
    total = Money(amount=offer.unit_price.amount * wanted.quantity, currency=offer.unit_price.currency)
    return LineQuote(offer, wanted.quantity, wanted.last_price, total, freeze(offer, total))


def _totals(goods: int, delivery: int, rounding: int, currency: str) -> OrderTotals:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=currency)

    return OrderTotals(
        goods=money(goods),
        discount=money(0),
        delivery=money(delivery),
        tax=money(0),
        cash_rounding=money(rounding),
        total=money(goods + delivery + rounding),
    )


def _check_cash(quote: Quote) -> None:
    refused: list[dict[str, object]] = []
    for order in quote.orders:
        cash, offer = order.tender.cash, order.offer
        limit = offer.cash_limit
        if cash and not offer.accepts_cash:
            refused.append({"store_id": order.store_id, "reason": "no_cash"})
        elif cash and limit is not None and limit.currency == quote.currency and cash > limit.amount:
            refused.append({"store_id": order.store_id, "reason": "above_limit", "limit": limit.model_dump()})
    if refused:
        raise DaraaError(
            errors.CASH_REFUSED,
            "Not every store takes cash for this order.",
            hint="Pay by wallet or card.",
            ar="ادفع من المحفظة أو بالبطاقة.",
            stores=refused,
        )
