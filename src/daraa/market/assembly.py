"""Puts the capabilities together, each with what it needs of the others; api, jobs and cli take them from here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from daraa.kernel.settings import Settings
from daraa.market.accounts.opening import open_accounts
from daraa.market.audit.service import Audit
from daraa.market.carts.service import Carts
from daraa.market.carts.shopping_service import Shopping
from daraa.market.catalog.offer_service import Offers
from daraa.market.catalog.opening import open_catalog
from daraa.market.cursor import CursorSigner
from daraa.market.delivery.opening import open_delivery
from daraa.market.fulfilment.opening import open_fulfilment
from daraa.market.http import Gate
from daraa.market.idempotency.service import Idempotency
from daraa.market.inventory.service import Stock
from daraa.market.inventory.settlement_service import Settlement
from daraa.market.inventory.shelf_service import Shelf
from daraa.market.notifications.preference_service import Preferences
from daraa.market.notifications.service import Notifications
from daraa.market.notifications.template_service import Templates
from daraa.market.orders.opening import open_orders
from daraa.market.paging import Pages
from daraa.market.payments.opening import open_payments
from daraa.market.profiles.service import Profiles
from daraa.market.profiles.staff_service import Staff
from daraa.market.sellers.opening import open_sellers
from daraa.market.tenancy import Memberships
from daraa.market.wallets.opening import open_wallets
from daraa.market.webhooks.service import open_hooks
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer
from daraa.stores.redis import KeyValue, open_redis, redis_target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Market:
    """All capabilities of one process, by their class, and everybody who waits for an event."""

    services: Mapping[type[Any], Any]
    consumers: tuple[Consumer, ...]

    def get(self, kind: type[T]) -> T:
        """The one service of that class."""
        found: T = self.services[kind]
        return found


def open_market(mongo: Mongo, state: KeyValue, settings: Settings) -> Market:
    """The capabilities over one database; opens nothing by itself. A missing secret is told at once."""
    pages = Pages(CursorSigner(settings.secret("cursor_key").get_secret_value().encode()), settings.api)
    memberships = Memberships(mongo)
    idempotency = Idempotency(mongo)
    audit = Audit(mongo)
    profiles = Profiles(mongo, settings.accounts.currency)
    entry = open_accounts(mongo, state, settings, audit, profiles)
    accounts = entry.accounts
    staff = Staff(mongo, accounts, profiles, entry.passwords, audit, settings.accounts.currency)
    people: tuple[Any, ...] = (profiles, accounts, entry.logins, entry.passwords, staff)
    offers = Offers(mongo)
    stock = Stock(mongo)
    settlement = Settlement(mongo, audit)
    shelf = Shelf(mongo, audit, idempotency)
    carts, shopping = Carts(mongo, stock), Shopping(mongo, offers, stock, profiles, settings.accounts.currency)
    paying = open_payments(mongo, settings, audit)
    money = open_wallets(mongo, audit, idempotency, paying.payments)
    bringing = open_delivery(mongo, settings, audit, accounts)
    ordering = open_orders(mongo, audit, idempotency, offers, stock, carts, bringing.delivery, profiles, paying, money)
    fulfilling = open_fulfilment(mongo, audit, idempotency, bringing, ordering, paying.payments, money)
    notifications = Notifications(mongo, settings)
    hooks = open_hooks(mongo, settings, paying.intents)
    parts: tuple[Any, ...] = (
        *paying.services,
        *money.services,
        *ordering.services,
        hooks,
        pages,
        memberships,
        idempotency,
        audit,
        *people,
        *open_sellers(mongo, memberships, audit),
        *open_catalog(mongo, audit),
        offers,
        notifications,
        Preferences(mongo),
        Templates(mongo, audit),
        stock,
        settlement,
        shelf,
        carts,
        shopping,
        *bringing.services,
        *fulfilling.services,
    )
    consumers: tuple[Consumer, ...] = (
        *settlement.consumers(),
        *notifications.consumers(),
        *money.consumers,
        *ordering.consumers,
        *fulfilling.consumers,
    )
    return Market({type(each): each for each in parts} | {Gate: accounts}, consumers)


@asynccontextmanager
async def opened_market(mongo: Mongo, settings: Settings) -> AsyncIterator[Market]:
    """The capabilities for a worker or a command, with a connection to Redis of their own that is made when needed."""
    state = open_redis(redis_target(settings, "state"))
    try:
        yield open_market(mongo, state, settings)
    finally:
        await state.close()
