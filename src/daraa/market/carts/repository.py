"""Carts in the database: the open one of an owner, how it becomes that, and those that a job must look after."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.carts import ACTIVE, CARTS, Attempt, Cart, CartState
from daraa.declare import Is, Query, asc, beyond, eq
from daraa.kernel.errors import DaraaError
from daraa.market.found import required
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session

CART_BY_ID = Query(CARTS, "by_id", serves="by id", where=(eq("id"),))
OPEN_OF_CUSTOMER = Query(CARTS, "open_of_customer", serves="a customer's open cart", where=(eq("customer_id"), ACTIVE))
OPEN_OF_GUEST = Query(CARTS, "open_of_guest", serves="a guest's open cart", where=(eq("guest_key_hash"), ACTIVE))
OF_CUSTOMER = Query(
    CARTS, "of_customer", serves="a customer's carts by activity", where=(eq("customer_id"), eq("is_active"))
)
HOLDING_PRODUCT = Query(
    CARTS,
    "holding_product",
    serves="a customer's carts that hold a product",
    where=(eq("customer_id"), eq("items.product_id")),
)
BY_ATTEMPT = Query(CARTS, "by_attempt", serves="a cart by its attempt", where=(eq("attempt.id", "attempt_id"),))
PLACING_PAST_DEADLINE = Query(
    CARTS,
    "placing_past_deadline",
    serves="carts in placement by deadline",
    where=(Is("state", CartState.PLACING), beyond("attempt.deadline", "lte", "before")),
    sort=(asc("attempt.deadline"),),
)
IDLE = Query(
    CARTS,
    "idle",
    serves="open carts by their last touch",
    where=(Is("state", CartState.OPEN), beyond("touched_at", "lte", "before")),
    sort=(asc("touched_at"),),
)


LEFTOVER_AFTER = timedelta(hours=1)
"""When a cart that never became the open one is deleted by its expiry."""


class CartRepository:
    """Carts; every change after the first is a compare-and-set."""

    def __init__(self, mongo: Mongo) -> None:
        self._carts = Table(CARTS, mongo)

    async def get(self, cart_id: str) -> Cart:
        """The cart; DaraaError `market.thing.missing` when there is none."""
        return required(await self._carts.find_one(CART_BY_ID, id=cart_id), "cart")

    async def open(self, cart: Cart) -> bool:
        """Add a cart and make it its owner's open one; False when the owner has one already: use that.

        The cart is added inactive and then takes the place by an update: on secantusd-rs a unique key that an insert
        took stays taken until the document is deleted, so a bought cart would block the next one for ever.
        """
        leftover = {"is_active": False, "expires_at": cart.touched_at + LEFTOVER_AFTER}
        await self._carts.insert(cart.model_copy(update=leftover))
        change: dict[str, dict[str, object]] = {"$set": {"is_active": True}}
        if cart.expires_at is None:
            change["$unset"] = {"expires_at": ""}
        else:
            change["$set"]["expires_at"] = cart.expires_at
        try:
            return await self._carts.update_one({"id": cart.id, "is_active": False}, change)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            return False

    async def change(
        self,
        cart: Cart,
        to: Mapping[str, Any],
        *,
        now: datetime,
        unset: tuple[str, ...] = (),
        session: Session | None = None,
    ) -> Cart | None:
        """Change the cart exactly as it was read, and only while it is its owner's open one; None otherwise."""
        words: dict[str, Any] = {"$set": {**to, "updated_at": now}, "$inc": {"ver": 1}}
        if unset:
            words["$unset"] = dict.fromkeys(unset, "")
        guard = {"id": cart.id, "ver": cart.ver, "state": CartState.OPEN, "is_active": True}
        return await self._carts.update_and_get(guard, words, session=session)

    async def begin(self, cart: Cart, attempt: Attempt, now: datetime) -> Cart | None:
        """Open to placing, whatever lies in it by now; None when it is not open or has been emptied."""
        return await self._carts.update_and_get(
            {"id": cart.id, "state": CartState.OPEN, "is_active": True, "items.0": {"$exists": True}},
            {
                "$set": {"state": CartState.PLACING, "attempt": attempt, "updated_at": now, "touched_at": now},
                "$inc": {"ver": 1},
            },
        )

    async def reopen(self, cart_id: str, attempt_id: str, now: datetime) -> bool:
        """Placing to open, if it is in this attempt still; the attempt is burned by that."""
        return await self._carts.update_one(
            _in_attempt(cart_id, attempt_id),
            {
                "$set": {"state": CartState.OPEN, "updated_at": now, "touched_at": now},
                "$unset": {"attempt": ""},
                "$inc": {"ver": 1},
            },
        )

    async def complete(self, cart_id: str, attempt_id: str, group_id: str, now: datetime, session: Session) -> bool:
        """Placing to completed, if it is in this attempt still; its owner may open the next one."""
        words = {
            "state": CartState.COMPLETED, "is_active": False, "order_group_id": group_id,
            "updated_at": now, "touched_at": now,
        }  # fmt: skip
        return await self._carts.update_one(
            _in_attempt(cart_id, attempt_id), {"$set": words, "$inc": {"ver": 1}}, session=session
        )

    async def find(self, cart_id: str, *, session: Session | None = None) -> Cart | None:
        """The cart, as the session's transaction sees it."""
        return await self._carts.find_one(CART_BY_ID, id=cart_id, session=session)

    async def find_by_attempt(self, attempt_id: str) -> Cart | None:
        """The cart that is in the attempt or was completed by it."""
        return await self._carts.find_one(BY_ATTEMPT, attempt_id=attempt_id)

    async def find_open(self, customer_id: str) -> Cart | None:
        """The one cart that a customer has open or in placement."""
        return await self._carts.find_one(OPEN_OF_CUSTOMER, customer_id=customer_id)

    async def find_open_of_guest(self, guest_key_hash: str) -> Cart | None:
        """The one cart that a guest has open or in placement."""
        return await self._carts.find_one(OPEN_OF_GUEST, guest_key_hash=guest_key_hash)

    async def list_of_customer(self, customer_id: str, *, is_active: bool, limit: int) -> list[Cart]:
        """A customer's carts: the active one, or those bought and abandoned."""
        return await self._carts.find(OF_CUSTOMER, limit=limit, customer_id=customer_id, is_active=is_active)

    async def list_holding_product(self, customer_id: str, product_id: str, *, limit: int) -> list[Cart]:
        """A customer's carts in which a product lies."""
        return await self._carts.find(HOLDING_PRODUCT, limit=limit, customer_id=customer_id, product_id=product_id)

    async def list_placing_past_deadline(self, before: datetime, *, limit: int) -> list[Cart]:
        """Carts whose placement should have ended by then, the longest over first."""
        return await self._carts.find(PLACING_PAST_DEADLINE, limit=limit, before=before)

    async def list_idle(self, before: datetime, *, limit: int) -> list[Cart]:
        """Open carts that nobody touched since then, the longest idle first."""
        return await self._carts.find(IDLE, limit=limit, before=before)


def _in_attempt(cart_id: str, attempt_id: str) -> dict[str, Any]:
    return {"id": cart_id, "state": CartState.PLACING, "attempt.id": attempt_id}
