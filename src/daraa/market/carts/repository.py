"""Carts in the database: the open one of an owner, how it becomes that, and those that a job must look after."""

from datetime import datetime, timedelta

from daraa.collections.carts import ACTIVE, CARTS, Cart, CartState
from daraa.declare import Is, Query, asc, beyond, eq
from daraa.kernel.errors import DaraaError
from daraa.market.found import required
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE

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
    """Carts; every further change is a compare-and-set in the service."""

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
