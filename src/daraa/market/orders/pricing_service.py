"""Prices a cart: gathers today's offers, fees, rules and the address, and lets the pure quote decide."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from daraa.collections.addresses import Address
from daraa.collections.carts import Cart
from daraa.collections.commission_rules import CommissionRule
from daraa.collections.order_parts import CommissionCopy, PaymentMethod
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.catalog.offer_service import Offers, SellableVariant
from daraa.market.delivery.service import Delivery
from daraa.market.orders import errors
from daraa.market.orders.quote import Freeze, Quote, Wanted, Way, goods_of, make_quote, split
from daraa.market.orders.repository import CurrencyRepository
from daraa.market.profiles.service import Profiles
from daraa.market.wallets.commission import freeze, freeze_delivery
from daraa.market.wallets.earnings_service import Earnings
from daraa.stores.mongo import Mongo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Priced:
    """A cart's quote and the address that it holds for."""

    quote: Quote
    address: Address


@dataclass(frozen=True, slots=True)
class CashTerms:
    """The smallest note, in minor units, and whether no cash is taken from this customer."""

    step: int
    blocked: bool


class Pricing:
    """Quotes of carts. At most eight database commands, of which all but one are sent at once."""

    def __init__(
        self,
        mongo: Mongo,
        offers: Offers,
        delivery: Delivery,
        profiles: Profiles,
        earnings: Earnings,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._currencies = CurrencyRepository(mongo)
        self._offers, self._delivery, self._profiles, self._earnings = offers, delivery, profiles, earnings
        self._clock = clock

    async def price(self, customer_id: str, cart: Cart, address_id: str, way: Way) -> Priced:
        """What the cart costs now, brought to that address and paid that way.

        Refusals in this order: `orders.line.unsellable`, `orders.currency.mixed`, `market.thing.missing` for another's
        address, `delivery.zone.unserved`, `orders.cash.refused`.
        """
        wanted = [Wanted(item.variant_id, item.quantity, item.last_price) for item in cart.items]
        offers, address, rules, cash = await asyncio.gather(
            self._offers.of([line.variant_id for line in wanted]),
            self._profiles.get_address(customer_id, address_id),
            self._earnings.rules(self._clock.now()),
            self._cash(customer_id, cart.currency, way),
            return_exceptions=True,
        )
        offered = _given(offers)
        stores = split(wanted, offered)
        place = _given(address)
        deliveries = await self._delivery.quote(place.location, place.zone_id, goods_of(stores, offered))
        on_goods, on_delivery = self._freezers(_given(rules))
        terms = _given(cash)
        quote = make_quote(stores, offered, deliveries, on_goods, on_delivery, way, terms.step)
        if terms.blocked and any(order.tender.cash for order in quote.orders):
            raise cash_blocked()
        return Priced(quote, place)

    async def _cash(self, customer_id: str, currency: str, way: Way) -> CashTerms:
        """Asked only where cash is paid at all."""
        cash = way.method is PaymentMethod.CASH or (
            way.method is PaymentMethod.MIXED and way.rest is PaymentMethod.CASH
        )
        if not cash:
            return CashTerms(step=1, blocked=False)
        found, may = await asyncio.gather(self._currencies.get(currency), self._profiles.may_pay_cash(customer_id))
        return CashTerms(found.cash_step, blocked=not may)

    def _freezers(self, rules: Sequence[CommissionRule]) -> tuple[Freeze, Freeze]:
        now = self._clock.now()

        def on_goods(offer: SellableVariant, base: Money) -> CommissionCopy:
            return freeze(rules, offer.store_id, offer.store_category_ids, base, now)

        def on_delivery(offer: SellableVariant, fee: Money) -> CommissionCopy:
            return freeze_delivery(rules, offer.store_id, offer.store_category_ids, fee, now)

        return on_goods, on_delivery


def cash_blocked() -> DaraaError:
    """What a customer is told from whom no cash is taken any more."""
    return DaraaError(
        errors.CASH_REFUSED,
        "Cash is not open to you.",
        hint="Pay by wallet or card, or write to the support.",
        ar="الدفع نقدا غير متاح لك؛ ادفع من المحفظة أو بالبطاقة، أو تواصل مع الدعم.",
        reason="blocked",
    )


def _given(outcome: T | BaseException) -> T:
    """The result of a read that ran beside others, or its error, raised in the order in which refusals are right."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
