"""Puts the capabilities together, each with what it needs of the others; api, jobs and cli take them from here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from daraa.kernel.settings import Settings
from daraa.market.accounts.service import Accounts
from daraa.market.audit.service import Audit
from daraa.market.catalog.offer_service import Offers
from daraa.market.cursor import CursorSigner
from daraa.market.http import Gate
from daraa.market.idempotency.service import Idempotency
from daraa.market.paging import Pages
from daraa.market.tenancy import Memberships
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
    accounts = Accounts(mongo, state, settings, audit)
    offers = Offers(mongo)
    parts: tuple[Any, ...] = (pages, memberships, idempotency, audit, accounts, offers)
    consumers: tuple[Consumer, ...] = ()
    return Market({type(each): each for each in parts} | {Gate: accounts}, consumers)


@asynccontextmanager
async def opened_market(mongo: Mongo, settings: Settings) -> AsyncIterator[Market]:
    """The capabilities for a worker or a command, with a connection to Redis of their own that is made when needed."""
    state = open_redis(redis_target(settings, "state"))
    try:
        yield open_market(mongo, state, settings)
    finally:
        await state.close()
