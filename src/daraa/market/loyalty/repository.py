"""Reads of loyalty points and referrals."""

from datetime import datetime

from daraa.collections.points_transactions import OPEN_LOT, POINTS_TRANSACTIONS, PointsTransaction
from daraa.collections.referrals import REFERRALS, Referral, ReferralState
from daraa.declare import Is, Query, asc, beyond, desc, eq
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table

MOVEMENT_BY_KEY = Query(
    POINTS_TRANSACTIONS,
    "by_business_key",
    serves="a points movement by its business key",
    where=(eq("business_key"),),
)
MOVEMENTS_OF_CUSTOMER = Query(
    POINTS_TRANSACTIONS,
    "of_customer",
    serves="a customer's points movements, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)
OPEN_LOTS_OF_CUSTOMER = Query(
    POINTS_TRANSACTIONS,
    "open_lots_of_customer",
    serves="a customer's open lots, first to expire first",
    where=(eq("customer_id"), OPEN_LOT, beyond("expires_at", "gt", "now")),
    sort=(asc("expires_at"),),
)
EXPIRED_LOTS = Query(
    POINTS_TRANSACTIONS,
    "expired_lots",
    serves="open lots past their expiry",
    where=(OPEN_LOT, beyond("expires_at", "lte", "now")),
    sort=(asc("expires_at"),),
)
REFERRAL_OF_REFERRED = Query(
    REFERRALS, "of_referred", serves="the referral that brought a customer", where=(eq("referred_id"),)
)
REFERRALS_OF_REFERRER = Query(
    REFERRALS,
    "of_referrer",
    serves="a customer's referrals, newest first",
    where=(eq("referrer_id"),),
    sort=(desc("id"),),
)
REWARDS_DUE = Query(
    REFERRALS,
    "rewards_due",
    serves="qualified referrals due for reward",
    where=(Is("state", ReferralState.QUALIFIED), beyond("reward_due_at", "lte", "now")),
    sort=(asc("reward_due_at"),),
)


class PointsRepository:
    """Loyalty points; burning lots is a guarded update in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._points = Table(POINTS_TRANSACTIONS, mongo)

    async def find_by_business_key(self, business_key: str) -> PointsTransaction | None:
        """What was already done for an event (`earn:<order>`), when it is repeated."""
        return await self._points.find_one(MOVEMENT_BY_KEY, business_key=business_key)

    async def list_of_customer(self, customer_id: str, *, limit: int, after: After = None) -> list[PointsTransaction]:
        """A customer's points movements, newest first."""
        return await self._points.find(MOVEMENTS_OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)

    async def list_open_lots(self, customer_id: str, now: datetime, *, limit: int) -> list[PointsTransaction]:
        """The lots that a customer can spend now, in the order they are burned."""
        return await self._points.find(OPEN_LOTS_OF_CUSTOMER, limit=limit, customer_id=customer_id, now=now)

    async def list_expired_lots(self, now: datetime, *, limit: int) -> list[PointsTransaction]:
        """Lots whose time is over with points left, the longest expired first."""
        return await self._points.find(EXPIRED_LOTS, limit=limit, now=now)


class ReferralRepository:
    """Who brought whom."""

    def __init__(self, mongo: Mongo) -> None:
        self._referrals = Table(REFERRALS, mongo)

    async def find_of_referred(self, referred_id: str) -> Referral | None:
        """How a customer came here."""
        return await self._referrals.find_one(REFERRAL_OF_REFERRED, referred_id=referred_id)

    async def list_of_referrer(self, referrer_id: str, *, limit: int, after: After = None) -> list[Referral]:
        """Whom a customer brought, newest first."""
        return await self._referrals.find(REFERRALS_OF_REFERRER, limit=limit, after=after, referrer_id=referrer_id)

    async def list_due(self, now: datetime, *, limit: int) -> list[Referral]:
        """Qualified referrals whose return window is over, the longest waiting first."""
        return await self._referrals.find(REWARDS_DUE, limit=limit, now=now)
