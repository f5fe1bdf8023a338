"""Puts the services of orders together for the assembly."""

from dataclasses import dataclass
from typing import Any

from daraa.market.audit.service import Audit
from daraa.market.carts.service import Carts
from daraa.market.catalog.offer_service import Offers
from daraa.market.delivery.service import Delivery
from daraa.market.idempotency.service import Idempotency
from daraa.market.inventory.service import Stock
from daraa.market.orders.cancelling_service import Cancelling
from daraa.market.orders.card_service import CardOutcomes
from daraa.market.orders.checkout_service import Checkout
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.pricing_service import Pricing
from daraa.market.orders.refund_outcome_service import RefundOutcomes
from daraa.market.orders.refunding_service import Refunding
from daraa.market.orders.service import Orders
from daraa.market.payments.opening import PaymentParts
from daraa.market.profiles.service import Profiles
from daraa.market.wallets.opening import WalletParts
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer


@dataclass(frozen=True, slots=True)
class OrderParts:
    """What fulfilment needs by name, all services, and who waits for events."""

    moves: OrderMoves
    refunding: Refunding
    orders: Orders
    services: tuple[Any, ...]
    consumers: tuple[Consumer, ...]


def open_orders(
    mongo: Mongo,
    audit: Audit,
    idempotency: Idempotency,
    offers: Offers,
    stock: Stock,
    carts: Carts,
    delivery: Delivery,
    profiles: Profiles,
    paying: PaymentParts,
    money: WalletParts,
) -> OrderParts:
    """The services over one database; opens nothing by itself."""
    moves = OrderMoves(mongo, audit)
    refunding = Refunding(paying.refunds, money.wallets, money.ledger)
    cancelling = Cancelling(mongo, moves, paying.payments, refunding)
    orders = Orders(mongo, moves, cancelling, paying.payments)
    pricing = Pricing(mongo, offers, delivery, profiles, money.earnings)
    checkout = Checkout(mongo, pricing, carts, stock, paying.payments, money.wallets, money.ledger, audit, idempotency)
    cards = CardOutcomes(mongo, moves, cancelling, refunding, paying.payments, money.ledger)
    refused = RefundOutcomes(paying.refunds, money.wallets, money.ledger)
    consumers = (*cards.consumers(), *refused.consumers())
    return OrderParts(moves, refunding, orders, (moves, orders, checkout, pricing), consumers)
