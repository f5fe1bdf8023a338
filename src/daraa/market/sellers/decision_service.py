"""What the platform decides about a store: whether it may sell."""

from dataclasses import dataclass

from daraa.collections.store_owner_profiles import StoreOwnerProfile, StoreStatus
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After, required
from daraa.market.patching import update_of
from daraa.market.sellers import errors
from daraa.market.sellers.events import told_of
from daraa.market.sellers.repository import StoreRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.session import Session

RIGHT = "store:approve"


@dataclass(frozen=True, slots=True)
class Decision:
    """One edge of a store's states, the event that tells of it, and how a refusal is put in Arabic."""

    verb: str
    allowed_from: StoreStatus
    to: StoreStatus
    event: str
    ar: str


DECISIONS = {
    each.verb: each
    for each in (
        Decision(
            "approve", StoreStatus.PENDING, StoreStatus.APPROVED, "store.approved", "يقبل المتجر وهو قيد المراجعة فقط."
        ),
        Decision(
            "reject", StoreStatus.PENDING, StoreStatus.REJECTED, "store.rejected", "يرفض المتجر وهو قيد المراجعة فقط."
        ),
        Decision(
            "suspend", StoreStatus.APPROVED, StoreStatus.SUSPENDED, "store.suspended", "يوقف المتجر المقبول فقط."
        ),
        Decision(
            "restore", StoreStatus.SUSPENDED, StoreStatus.APPROVED, "store.approved", "يعاد المتجر الموقوف فقط."
        ),
    )
}  # fmt: skip


class StoreDecisions:
    """For admins with the right `store:approve`."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._audit, self._clock = mongo, audit, clock
        self._stores = StoreRepository(mongo)

    async def list_of_state(
        self, actor: Actor, status: StoreStatus, *, limit: int, after: After = None
    ) -> list[StoreOwnerProfile]:
        """Stores of a state, newest first."""
        actor.require(RIGHT)
        return await self._stores.list_of_state(status, limit=limit, after=after)

    async def get(self, actor: Actor, store_id: str) -> StoreOwnerProfile:
        """Any store."""
        actor.require(RIGHT)
        return required(await self._stores.find(store_id), "store")

    async def decide(self, actor: Actor, store_id: str, verb: str, reason: str | None) -> StoreOwnerProfile:
        """Take one of DECISIONS; `sellers.store.state` when the store is in another state.

        The store's products learn of it behind this (`goods_due_at`), for there may be a hundred thousand; what is
        bought asks the store itself.
        """
        actor.require(RIGHT)
        step = DECISIONS[verb]

        async def work(session: Session) -> StoreOwnerProfile:
            now = self._clock.now()
            before = required(await self._stores.find(store_id, session=session), "store")
            if before.status is not step.allowed_from:
                raise errors.wrong_state(before.status.value, step.ar)
            review = before.review.model_copy(update={"reviewed_at": now, "reviewed_by": actor.id, "reason": reason})
            fields = {"status": step.to, "review": review, "goods_due_at": now}
            guard = {"id": store_id, "status": step.allowed_from, "ver": before.ver}
            after = await self._stores.change(guard, update_of(fields, now), session=session)
            if after is None:
                raise errors.wrong_state("changing", step.ar)
            await self._audit.record(
                session,
                actor,
                f"store.{verb}",
                "store",
                store_id,
                before={"status": before.status.value},
                after={"status": after.status.value},
                reason=reason,
            )
            await append_events(self._mongo, session, [told_of(step.event, after)])
            return after

        return await self._mongo.in_transaction(work)
