"""Carts as shoppers use them: lines in and out, each change guarded by the version that the shopper saw."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from daraa.collections.carts import Cart, CartState
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.languages import Language
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.carts.errors import empty, key_unknown, not_for_guests, placing, variant_unknown
from daraa.market.carts.lines import Items, LeftOut, added, merged, removed, set_to
from daraa.market.carts.repository import CartRepository
from daraa.market.carts.view import Json, cart_view
from daraa.market.catalog.offer_service import Offers
from daraa.market.http import version_stale
from daraa.market.inventory.service import Stock
from daraa.market.profiles.service import Profiles
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

GUEST_LIFE = timedelta(days=7)
"""A guest's cart is deleted so long after its last change."""
KEY_BYTES = 24
TRIES = 5


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose cart it is: an account's, or that of whoever has the guest key. Exactly one of the two is given."""

    customer_id: str | None = None
    guest_key: str | None = None

    @property
    def key_hash(self) -> str | None:
        """What is stored of the key: it has 192 random bits, so its hash cannot be turned back."""
        return None if self.guest_key is None else hashlib.sha256(self.guest_key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Merged:
    """The account's cart after a merge, and what of the guest's did not fit."""

    cart: Cart | None
    left_out: tuple[LeftOut, ...] = ()


class Shopping:
    """An account without a cart has an empty one of version 0; its first change creates it."""

    def __init__(
        self,
        mongo: Mongo,
        offers: Offers,
        stock: Stock,
        profiles: Profiles,
        currency: str,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`currency` is what an empty cart is kept in; its first line decides."""
        self._mongo = mongo
        self._repository = CartRepository(mongo)
        self._offers, self._stock, self._profiles = offers, stock, profiles
        self._currency = currency
        self._clock = clock

    async def open_for_guest(self) -> tuple[str, Cart]:
        """A new empty cart for somebody unknown, and the key to it, which is told this once."""
        key = secrets.token_urlsafe(KEY_BYTES)
        cart = self._new_cart(Shopper(guest_key=key), (), self._currency)
        await self._repository.open(cart)
        return key, cart

    async def find(self, shopper: Shopper) -> Cart | None:
        """The shopper's cart; None for an account that has none, `carts.key.unknown` (404) for a guest."""
        if shopper.customer_id is not None:
            return await self._repository.find_open(shopper.customer_id)
        cart = await self._repository.find_open_of_guest(shopper.key_hash or "")
        # The server deletes expired documents within a minute or so; a cart is over at its time.
        if cart is None or (cart.expires_at is not None and cart.expires_at <= self._clock.now()):
            raise key_unknown()
        return cart

    async def show(self, cart: Cart | None, language: Language) -> Json:
        """The cart with every line at its present price, in four commands at most."""
        variants = [item.variant_id for item in cart.items] if cart is not None else []
        offers = await self._offers.of(variants)
        return cart_view(cart, offers, await self._stock.availability(variants), language)

    async def add(self, shopper: Shopper, version: int, variant_id: str, quantity: int) -> Cart:
        """Put pieces in; a variant that is there already gets more. 404 unless the variant exists."""
        offer = (await self._offers.of([variant_id])).get(variant_id)
        if offer is None:
            raise variant_unknown()
        now = self._clock.now()

        def more(cart: Cart | None) -> dict[str, Any]:
            items = added(cart.items if cart else (), offer, quantity, cart.currency if cart else None, now)
            return {"items": items} if cart and cart.items else {"items": items, "currency": offer.unit_price.currency}

        return await self._change(shopper, version, more)

    async def set_quantity(self, shopper: Shopper, version: int, variant_id: str, quantity: int) -> Cart:
        """Set a line's pieces; its last price becomes the present one, for the shopper has seen it."""
        offer = (await self._offers.of([variant_id])).get(variant_id)
        return await self._change(
            shopper, version, lambda cart: {"items": set_to(_items(cart), variant_id, quantity, offer)}
        )

    async def remove(self, shopper: Shopper, version: int, variant_id: str) -> Cart:
        """Take a line out; `carts.line.unknown` (404) when it is not there."""
        return await self._change(shopper, version, lambda cart: {"items": removed(_items(cart), variant_id)})

    async def clear(self, shopper: Shopper, version: int) -> Cart | None:
        """Take everything out, and forget address, coupon and quote; the cart itself and its key stay."""
        if await self.find(shopper) is None and version == 0:
            return None
        return await self._change(
            shopper, version, lambda cart: {"items": ()}, unset=("address_id", "coupon_code", "quote")
        )

    async def set_address(self, shopper: Shopper, version: int, address_id: str) -> Cart:
        """Remember where it shall go; 404 unless it is one of the customer's addresses."""
        if shopper.customer_id is None:
            raise not_for_guests()
        await self._profiles.get_address(shopper.customer_id, address_id)

        def to(cart: Cart | None) -> dict[str, Any]:
            if cart is None:
                raise empty()
            return {"address_id": address_id}

        return await self._change(shopper, version, to)

    async def _change(
        self,
        shopper: Shopper,
        version: int,
        decide: Callable[[Cart | None], Mapping[str, Any]],
        *,
        unset: tuple[str, ...] = ("quote",),
    ) -> Cart:
        cart = await self.find(shopper)
        if cart is not None and cart.state is CartState.PLACING:
            raise placing()
        if (cart.ver if cart is not None else 0) != version:
            raise version_stale()
        words = dict(decide(cart))
        if cart is None:
            return await self._open(self._new_cart(shopper, words["items"], words["currency"]))
        now = self._clock.now()
        times = {"touched_at": now} if cart.expires_at is None else {"touched_at": now, "expires_at": now + GUEST_LIFE}
        present = tuple(name for name in unset if getattr(cart, name) is not None)
        changed = await self._repository.change(cart, words | times, now=now, unset=present)
        if changed is None:
            raise version_stale()
        return changed

    async def _open(self, cart: Cart) -> Cart:
        if not await self._repository.open(cart):
            raise version_stale()
        return cart

    def _new_cart(self, shopper: Shopper, items: Items, currency: str) -> Cart:
        now = self._clock.now()
        return Cart(
            id=new_id("crt"),
            customer_id=shopper.customer_id,
            guest_key_hash=shopper.key_hash,
            items=items,
            currency=currency,
            touched_at=now,
            expires_at=None if shopper.customer_id is not None else now + GUEST_LIFE,
            **stamp(now),
        )

    async def merge(self, customer_id: str, guest_key: str) -> Merged:
        """Add the guest's lines to the account's cart and abandon the guest's, both or neither.

        Repeated, or racing with itself, it adds nothing twice: the guest's cart can be abandoned once. A key whose cart
        is gone leaves the account's cart as it is. `carts.cart.placing` (409) while the account's is being ordered.
        """
        guest = Shopper(guest_key=guest_key)
        for _ in range(TRIES):
            theirs = await self._repository.find_open_of_guest(guest.key_hash or "")
            mine = await self._repository.find_open(customer_id)
            if theirs is None or (not theirs.items and mine is None):
                return Merged(mine)
            if mine is None:
                mine = self._new_cart(Shopper(customer_id), (), theirs.currency)
                if not await self._repository.open(mine):
                    continue
            if mine.state is CartState.PLACING:
                raise placing()
            done = await self._merge(mine, theirs)
            if done is not None:
                return done
        raise version_stale()

    async def _merge(self, mine: Cart, theirs: Cart) -> Merged | None:
        """None when either cart was changed since it was read."""
        currency = mine.currency if mine.items else theirs.currency
        items, left_out = merged(mine.items, theirs.items, currency)
        now = self._clock.now()
        over = {"state": CartState.ABANDONED, "is_active": False}

        async def work(session: Session) -> Cart | None:
            if await self._repository.change(theirs, over, now=now, session=session) is None:
                return None
            to = {"items": items, "currency": currency, "touched_at": now}
            changed = await self._repository.change(mine, to, now=now, session=session)
            if changed is None:
                raise _Stale
            return changed

        try:
            changed = await self._mongo.in_transaction(work)
        except _Stale:
            return None
        return None if changed is None else Merged(changed, left_out)


class _Stale(Exception):
    """Ends a merge whose second half found its cart changed, so that the first half is undone."""


def _items(cart: Cart | None) -> Items:
    return cart.items if cart is not None else ()
