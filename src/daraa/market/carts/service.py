"""The cart as the arbiter of a checkout: one attempt at a time, and an attempt once given up never comes back (I3)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from daraa.collections.carts import Attempt, Cart, CartState
from daraa.kernel.crashpoints import mark
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.carts.errors import burned, empty, placing
from daraa.market.carts.repository import CartRepository
from daraa.market.inventory.service import ExpiredHold, Stock
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

IDLE_AFTER = timedelta(days=7)
BATCH = 200
ROUNDS = 50
"""Bounds one sweep; the next one goes on where this one stopped."""
TRIES = 5


class AttemptState(StrEnum):
    """What became of a placement attempt. One that no cart knows is burned."""

    PLACING = "placing"
    COMPLETED = "completed"
    BURNED = "burned"


class Carts:
    """The placement side of carts (market.md §2, steps 2, 4 and 6)."""

    def __init__(self, mongo: Mongo, stock: Stock, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = CartRepository(mongo)
        self._stock = stock
        self._clock = clock

    async def find_open(self, customer_id: str) -> Cart | None:
        """The one cart that the customer has open or in placement."""
        return await self._repository.find_open(customer_id)

    async def begin(self, customer_id: str, attempt_id: str, deadline: datetime) -> Cart:
        """Put the customer's cart into the attempt and return it as it is then; nobody else can change it now.

        `carts.cart.empty` (422) when there is nothing to order, `carts.cart.placing` (409, retryable) while another
        attempt is at it. An attempt past its deadline is given up on the way. An id is good for one attempt: begin
        once, and take a new id after a refusal.
        """
        for _ in range(TRIES):
            cart = await self._repository.find_open(customer_id)
            if cart is None or not cart.items:
                raise empty()
            if cart.attempt is not None and cart.attempt.id == attempt_id:
                return cart
            if cart.attempt is not None and not await self._give_up_if_over(cart.attempt):
                raise placing()
            begun = await self._repository.begin(cart, Attempt(id=attempt_id, deadline=deadline), self._clock.now())
            if begun is not None:
                return begun
        raise placing()

    async def _give_up_if_over(self, attempt: Attempt) -> bool:
        if attempt.deadline > await server_now(self._mongo):
            return False
        await self._give_up(attempt.id)
        return True

    async def reopen(self, attempt_id: str) -> bool:
        """Give the cart back to its owner and burn the attempt; False when it is in this attempt no more.

        The caller releases the attempt's holds afterwards, and only when this says True.
        """
        cart = await self._repository.find_by_attempt(attempt_id)
        if cart is None or cart.state is not CartState.PLACING:
            return False
        return await self._repository.reopen(cart.id, attempt_id, self._clock.now())

    async def complete(self, session: Session, cart: Cart, attempt_id: str, group_id: str) -> None:
        """Seal the cart in the placement transaction; `carts.attempt.burned` (409) when the sweeper was faster."""
        if not await self._repository.complete(cart.id, attempt_id, group_id, self._clock.now(), session):
            raise burned()

    async def state_of_attempt(self, attempt_id: str) -> AttemptState:
        """What became of the attempt: the answer when a commit's outcome is unknown."""
        cart = await self._repository.find_by_attempt(attempt_id)
        if cart is None:
            return AttemptState.BURNED
        return AttemptState.COMPLETED if cart.state is CartState.COMPLETED else AttemptState.PLACING

    async def _give_up(self, attempt_id: str) -> bool:
        """Cart first, holds second: an attempt that could still complete keeps its stock."""
        if not await self.reopen(attempt_id):
            return False
        mark("carts.reopened")
        await self._stock.release(attempt_id)
        return True

    async def sweep_placements(self) -> Mapping[str, int]:
        """Give up attempts past their deadline, then release what burned attempts still hold.

        Counts: `reopened` carts, `released` stray holds, `waiting` expired holds whose order the relay has to settle.
        """
        now = await server_now(self._mongo)
        reopened = 0
        for _ in range(ROUNDS):
            late = await self._repository.list_placing_past_deadline(now, limit=BATCH)
            given_up = [cart for cart in late if cart.attempt and await self._give_up(cart.attempt.id)]
            reopened += len(given_up)
            if len(late) < BATCH or not given_up:
                break
        return {"reopened": reopened, **await self._sweep_holds(now)}

    async def _sweep_holds(self, now: datetime) -> dict[str, int]:
        counts = {"released": 0, "waiting": 0}
        states: dict[str, AttemptState] = {}
        for _ in range(ROUNDS):
            counts["waiting"] = 0
            expired = await self._stock.list_expired(now, limit=BATCH)
            before = counts["released"]
            for each in expired:
                if await self._is_stray(each, states):
                    counts["released"] += await self._stock.give_back(each.inventory_id, each.hold)
                else:
                    counts["waiting"] += 1
            if len({each.inventory_id for each in expired}) < BATCH or counts["released"] == before:
                break
        return counts

    async def _is_stray(self, expired: ExpiredHold, states: dict[str, AttemptState]) -> bool:
        """True when no order will come for the hold: its attempt is burned, or its row was settled already."""
        attempt_id = expired.hold.attempt_id
        if attempt_id not in states:
            states[attempt_id] = await self.state_of_attempt(attempt_id)
        if states[attempt_id] is AttemptState.COMPLETED:
            return await self._stock.is_settled(attempt_id, expired.inventory_id)
        return states[attempt_id] is AttemptState.BURNED

    async def sweep_idle(self) -> Mapping[str, int]:
        """Abandon open carts that nobody touched for seven days; the server deletes them from then on."""
        now = await server_now(self._mongo)
        abandoned = 0
        for _ in range(ROUNDS):
            idle = await self._repository.list_idle(now - IDLE_AFTER, limit=BATCH)
            gone = {"state": CartState.ABANDONED, "is_active": False, "expires_at": now}
            done = sum([await self._repository.change(cart, gone, now=now) is not None for cart in idle])
            abandoned += done
            if len(idle) < BATCH or not done:
                break
        return {"abandoned": abandoned}
