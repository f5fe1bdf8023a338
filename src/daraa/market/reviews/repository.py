"""Reads of reviews."""

from daraa.collections.reviews import REVIEWS, Review, ReviewState, ReviewTarget
from daraa.declare import Is, Query, asc, desc, eq
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table

APPROVED = Is("state", ReviewState.APPROVED)

BY_ID = Query(REVIEWS, "by_id", serves="by id", where=(eq("id"),))
OF_ORDER_LINE = Query(
    REVIEWS,
    "of_order_line",
    serves="the reviews of an order line by kind of target",
    where=(eq("order_line_id"), eq("target_type")),
)
NEWEST_OF_TARGET = Query(
    REVIEWS,
    "of_target_newest",
    serves="a target's reviews by state, newest first",
    where=(eq("target_id"), APPROVED),
    sort=(desc("id"),),
)
NEWEST_OF_STORES_TARGET = Query(
    REVIEWS,
    "of_stores_target_newest",
    serves="a target's reviews by state, newest first",
    where=(eq("target_id"), eq("state")),
    sort=(desc("id"),),
    also=(eq("store_id"),),
)
MOST_HELPFUL_OF_TARGET = Query(
    REVIEWS,
    "of_target_most_helpful",
    serves="a target's reviews by state, most helpful first",
    where=(eq("target_id"), APPROVED),
    sort=(desc("helpful_count"), desc("id")),
)
OF_CUSTOMER = Query(
    REVIEWS,
    "of_customer",
    serves="a customer's reviews, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)
OF_STATE = Query(REVIEWS, "of_state", serves="reviews by state, oldest first", where=(eq("state"),), sort=(asc("id"),))


class ReviewRepository:
    """Reviews."""

    def __init__(self, mongo: Mongo) -> None:
        self._reviews = Table(REVIEWS, mongo)

    async def get(self, review_id: str) -> Review:
        """The review; DaraaError `market.thing.missing` when there is none."""
        return required(await self._reviews.find_one(BY_ID, id=review_id), "review")

    async def find_of_order_line(self, order_line_id: str, target_type: ReviewTarget) -> Review | None:
        """Whether an order line has its review of that kind of target already."""
        return await self._reviews.find_one(OF_ORDER_LINE, order_line_id=order_line_id, target_type=target_type)

    async def list_newest(self, target_id: str, *, limit: int, after: After = None) -> list[Review]:
        """The approved reviews of a product, store or courier, newest first."""
        return await self._reviews.find(NEWEST_OF_TARGET, limit=limit, after=after, target_id=target_id)

    async def list_most_helpful(self, target_id: str, *, limit: int, after: After = None) -> list[Review]:
        """The approved reviews of a product, store or courier, the most helpful first."""
        return await self._reviews.find(MOST_HELPFUL_OF_TARGET, limit=limit, after=after, target_id=target_id)

    async def list_of_store(
        self, scope: StoreScope, target_id: str, state: ReviewState, *, limit: int, after: After = None
    ) -> list[Review]:
        """The reviews of a state about one of the store's products or the store itself, newest first."""
        return await self._reviews.find(
            NEWEST_OF_STORES_TARGET, limit=limit, after=after, target_id=target_id, state=state, store_id=scope.store_id
        )

    async def list_of_customer(self, customer_id: str, *, limit: int, after: After = None) -> list[Review]:
        """What a customer wrote, newest first."""
        return await self._reviews.find(OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)

    async def list_of_state(self, state: ReviewState, *, limit: int, after: After = None) -> list[Review]:
        """The moderators' queue, the longest waiting first."""
        return await self._reviews.find(OF_STATE, limit=limit, after=after, state=state)
