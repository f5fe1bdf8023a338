"""Reads of offers, coupons and their uses."""

from datetime import datetime

from daraa.collections.coupon_redemptions import COUPON_REDEMPTIONS, CouponRedemption
from daraa.collections.coupons import COUPONS, Coupon
from daraa.collections.offers import OFFERS, Offer, OfferStatus
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table

OFFERS_OF_STORE = Query(
    OFFERS,
    "of_store",
    serves="a store's offers by state, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("id"),),
)
ACTIVE_OFFERS_OF_STORES = Query(
    OFFERS,
    "active_of_stores",
    serves="a store's offers by state, newest first",
    where=(one_of("store_id"), Is("status", OfferStatus.ACTIVE)),
)
ACTIVE_OFFERS_ON_PRODUCTS = Query(
    OFFERS,
    "active_on_products",
    serves="active offers on products",
    where=(one_of("product_ids", "product_ids"), Is("status", OfferStatus.ACTIVE)),
)
OFFERS_TO_START = Query(
    OFFERS,
    "to_start",
    serves="offers of a state by their start",
    where=(Is("status", OfferStatus.SCHEDULED), beyond("starts_at", "lte", "now")),
    sort=(asc("starts_at"),),
)
OFFERS_TO_END = Query(
    OFFERS,
    "to_end",
    serves="offers of a state by their end",
    where=(Is("status", OfferStatus.ACTIVE), beyond("ends_at", "lte", "now")),
    sort=(asc("ends_at"),),
)
COUPON_BY_CODE = Query(COUPONS, "by_code", serves="a coupon by its code", where=(eq("code"),))
COUPONS_OF_STORE = Query(
    COUPONS,
    "of_store",
    serves="a store's coupons, newest first",
    where=(eq("store_id"),),
    sort=(desc("id"),),
)
COUPONS_ENDING = Query(
    COUPONS,
    "ending",
    serves="active coupons by their end",
    where=(Is("is_active", True), beyond("ends_at", "lte", "before")),
    sort=(asc("ends_at"),),
)
COUPONS_WITH_EXPIRED_HOLDS = Query(
    COUPONS,
    "with_expired_holds",
    serves="coupons whose holds expired",
    where=(beyond("holds.expires_at", "lte", "before"),),
)
USES_BY_CUSTOMER = Query(
    COUPON_REDEMPTIONS,
    "by_customer",
    serves="a customer's uses of a coupon by number",
    where=(eq("coupon_id"), eq("customer_id")),
)
USE_IN_GROUP = Query(
    COUPON_REDEMPTIONS,
    "in_group",
    serves="the use of a coupon in an order group",
    where=(eq("coupon_id"), eq("order_group_id")),
)
USES_OF_CUSTOMER = Query(
    COUPON_REDEMPTIONS,
    "of_customer",
    serves="a customer's coupon uses, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)


class OfferRepository:
    """Discounts that apply by themselves."""

    def __init__(self, mongo: Mongo) -> None:
        self._offers = Table(OFFERS, mongo)

    async def list_of_store(
        self, scope: StoreScope, status: OfferStatus, *, limit: int, after: After = None
    ) -> list[Offer]:
        """A store's offers of a state, newest first."""
        return await self._offers.find(
            OFFERS_OF_STORE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def list_active_of_stores(self, store_ids: tuple[str, ...], *, limit: int) -> list[Offer]:
        """What applies to a cart: the active offers of all its stores, in one command."""
        return await self._offers.find(ACTIVE_OFFERS_OF_STORES, limit=limit, store_ids=store_ids)

    async def list_active_on_products(self, product_ids: tuple[str, ...], *, limit: int) -> list[Offer]:
        """The active offers that name any of the products."""
        return await self._offers.find(ACTIVE_OFFERS_ON_PRODUCTS, limit=limit, product_ids=product_ids)

    async def list_to_start(self, now: datetime, *, limit: int) -> list[Offer]:
        """Scheduled offers whose time has come, the earliest first."""
        return await self._offers.find(OFFERS_TO_START, limit=limit, now=now)

    async def list_to_end(self, now: datetime, *, limit: int) -> list[Offer]:
        """Active offers whose time is over, the earliest first."""
        return await self._offers.find(OFFERS_TO_END, limit=limit, now=now)


class CouponRepository:
    """Coupons and their uses; claiming one is a guarded update in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._coupons = Table(COUPONS, mongo)
        self._uses = Table(COUPON_REDEMPTIONS, mongo)

    async def find_by_code(self, code: str) -> Coupon | None:
        """The coupon with that code, in capitals."""
        return await self._coupons.find_one(COUPON_BY_CODE, code=code)

    async def list_of_store(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Coupon]:
        """A store's coupons, newest first."""
        return await self._coupons.find(COUPONS_OF_STORE, limit=limit, after=after, store_id=scope.store_id)

    async def list_ending(self, before: datetime, *, limit: int) -> list[Coupon]:
        """Active coupons that end by then, the earliest first."""
        return await self._coupons.find(COUPONS_ENDING, limit=limit, before=before)

    async def list_with_expired_holds(self, before: datetime, *, limit: int) -> list[Coupon]:
        """Coupons with a hold that ended by then."""
        return await self._coupons.find(COUPONS_WITH_EXPIRED_HOLDS, limit=limit, before=before)

    async def count_uses(self, coupon_id: str, customer_id: str, *, at_most: int) -> int:
        """How often a customer used a coupon; a hint for the next number, the unique key decides."""
        return await self._uses.count(USES_BY_CUSTOMER, at_most=at_most, coupon_id=coupon_id, customer_id=customer_id)

    async def find_use_in_group(self, coupon_id: str, order_group_id: str) -> CouponRedemption | None:
        """The use of a coupon in one checkout."""
        return await self._uses.find_one(USE_IN_GROUP, coupon_id=coupon_id, order_group_id=order_group_id)

    async def list_uses(self, customer_id: str, *, limit: int, after: After = None) -> list[CouponRedemption]:
        """A customer's uses of any coupon, newest first."""
        return await self._uses.find(USES_OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)
