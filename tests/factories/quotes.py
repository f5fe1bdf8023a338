"""Offers and quotes without a database, for tests of what checkout decides."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.order_parts import CommissionCopy, PaymentMethod
from daraa.declare import Localized
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.catalog.offer_service import SellableVariant
from daraa.market.delivery.quote import DeliveryQuote
from daraa.market.orders.quote import Quote, Wanted, Way, make_quote, split

RULE = new_id("crl")
CASH = Way(PaymentMethod.CASH)
NAME = Localized(ar="اسم", en="Name")


def syp(amount: int, currency: str = "SYP") -> Money:
    return Money(amount=amount, currency=currency)


def an_offer(store_id: str, price: int = 1_000, **more: Any) -> SellableVariant:
    words: dict[str, Any] = {
        "variant_id": new_id("var"), "product_id": new_id("prd"), "store_id": store_id, "store_name": NAME,
        "store_slug": "shop", "store_category_ids": (), "category_path": (), "name": NAME, "sku": "S", "image": None,
        "unit_price": syp(price), "sellable": True, "reason": None, "accepts_cash": True, "cash_limit": None,
        "return_days": 7, "store_location": None, **more,
    }  # fmt: skip
    return SellableVariant(**words)


def some_delivery(fee: int) -> DeliveryQuote:
    return DeliveryQuote(new_id("dzn"), syp(fee), 30, 60, new_id("sdz"), syp(fee), None, None)


def tenth(offer: SellableVariant, base: Money) -> CommissionCopy:
    return CommissionCopy(rule_id=RULE, rate_basis_points=1_000, base=base, amount=syp(base.amount // 10))


def quoted(
    offers: Sequence[SellableVariant], counts: Sequence[int], way: Way = CASH, fee: int = 500, step: int = 500
) -> Quote:
    wanted = [Wanted(offer.variant_id, count, offer.unit_price) for offer, count in zip(offers, counts, strict=True)]
    by_id = {offer.variant_id: offer for offer in offers}
    stores = split(wanted, by_id)
    return make_quote(stores, by_id, {store: some_delivery(fee) for store in stores}, tenth, tenth, way, step)
