"""Reads and guarded writes of remittances and of the cash that they claim; and the store from which an order goes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.payments import PAYMENTS, CashState
from daraa.collections.remittances import REMITTANCES, Remittance, RemittanceState
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Query, asc, desc, eq
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

STORE_BY_ID = Query(STORE_OWNER_PROFILES, "by_id_for_fulfilment", serves="by id", where=(eq("id"),))
REMITTANCE_BY_ID = Query(REMITTANCES, "by_id", serves="by id", where=(eq("id"),))
REMITTANCES_OF_COURIER = Query(
    REMITTANCES,
    "of_courier",
    serves="a courier's remittances, newest first",
    where=(eq("courier_id"),),
    sort=(desc("id"),),
)
REMITTANCES_OF_STATE = Query(
    REMITTANCES,
    "of_state",
    serves="remittances of a state, longest waiting first",
    where=(eq("state"),),
    sort=(asc("id"),),
)


class FulfilmentRepository:
    """What fulfilment reads and writes itself; orders, tasks, payments and money are their own capabilities'."""

    def __init__(self, mongo: Mongo) -> None:
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._remittances = Table(REMITTANCES, mongo)
        self._payments = Table(PAYMENTS, mongo)

    async def find_store(self, store_id: str, *, session: Session | None = None) -> StoreOwnerProfile | None:
        """The store, whatever its status."""
        return await self._stores.find_one(STORE_BY_ID, id=store_id, session=session)

    async def find(self, remittance_id: str, *, session: Session | None = None) -> Remittance | None:
        """The remittance."""
        return await self._remittances.find_one(REMITTANCE_BY_ID, id=remittance_id, session=session)

    async def list_of_courier(self, courier_id: str, *, limit: int, after: After = None) -> list[Remittance]:
        """A courier's remittances, newest first."""
        return await self._remittances.find(REMITTANCES_OF_COURIER, limit=limit, after=after, courier_id=courier_id)

    async def list_of_state(self, state: RemittanceState, *, limit: int, after: After = None) -> list[Remittance]:
        """Remittances of a state, the longest waiting first."""
        return await self._remittances.find(REMITTANCES_OF_STATE, limit=limit, after=after, state=state)

    async def insert(self, remittance: Remittance, *, session: Session) -> None:
        """Add a remittance."""
        await self._remittances.insert(remittance, session=session)

    async def change(
        self, remittance: Remittance, changed: Mapping[str, Any], *, session: Session
    ) -> Remittance | None:
        """Change the remittance as it was read; None when somebody else changed it since."""
        where = {"id": remittance.id, "state": remittance.state, "ver": remittance.ver}
        return await self._remittances.update_and_get(
            where, {"$set": dict(changed), "$inc": {"ver": 1}}, session=session
        )

    async def claim(
        self, payment_ids: Sequence[str], courier_id: str, remittance_id: str, now: datetime, *, session: Session
    ) -> int:
        """Put payments into a remittance; how many were collected by the courier and in no other."""
        where = {
            "id": {"$in": list(payment_ids)},
            "courier_id": courier_id,
            "cash_state": CashState.COLLECTED,
            "remittance_id": {"$exists": False},
        }
        change = {"$set": {"remittance_id": remittance_id, "updated_at": now}, "$inc": {"ver": 1}}
        return await self._payments.update_many(where, change, session=session)

    async def unclaim(self, remittance: Remittance, now: datetime, *, session: Session) -> int:
        """Take payments out of a remittance that will not be received; how many were in it."""
        where = {
            "id": {"$in": [each.payment_id for each in remittance.payments]},
            "remittance_id": remittance.id,
            "cash_state": CashState.COLLECTED,
        }
        change = {"$unset": {"remittance_id": ""}, "$set": {"updated_at": now}, "$inc": {"ver": 1}}
        return await self._payments.update_many(where, change, session=session)
