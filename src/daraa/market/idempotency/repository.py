"""Reads of idempotency keys."""

from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS, IdempotencyKey
from daraa.declare import Query, eq
from daraa.stores.mongo import Mongo, Table

BY_ID = Query(IDEMPOTENCY_KEYS, "by_id", serves="by id", where=(eq("id"),))


class IdempotencyRepository:
    """The stored answers of requests; taking a key is an insert in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._keys = Table(IDEMPOTENCY_KEYS, mongo)

    async def find(self, key_id: str) -> IdempotencyKey | None:
        """What is known of the request with that hash of actor, route and key."""
        return await self._keys.find_one(BY_ID, id=key_id)
