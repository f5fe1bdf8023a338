"""Idempotency keys in the database: taken by insert, taken over and finished by compare-and-set."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS, IdempotencyKey, IdempotencyState
from daraa.declare import Query, eq
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.server_time import LONG_AGO
from daraa.stores.mongo.session import Session

BY_ID = Query(IDEMPOTENCY_KEYS, "by_id", serves="by id", where=(eq("id"),))
_CHANGED: Mapping[str, Any] = {"$inc": {"ver": 1}, "$currentDate": {"updated_at": True}}


class IdempotencyRepository:
    """The stored answers of requests. The attempt's id guards every change, so a slow twin changes nothing."""

    def __init__(self, mongo: Mongo) -> None:
        self._keys = Table(IDEMPOTENCY_KEYS, mongo)

    async def find(self, key_id: str) -> IdempotencyKey | None:
        """What is known of the request with that hash of actor, route and key."""
        return await self._keys.find_one(BY_ID, id=key_id)

    async def insert(self, row: IdempotencyKey) -> None:
        """Take a key for the first time; `stores.key.duplicate` when it is taken."""
        await self._keys.insert(row)

    async def take_over(self, known: IdempotencyKey, words: Mapping[str, Any]) -> bool:
        """Carry on where a try died; False when another was faster."""
        return await self._keys.update_one({"id": known.id, "ver": known.ver}, {"$set": dict(words), **_CHANGED})

    async def finish(
        self,
        key_id: str,
        attempt_id: str,
        status: int,
        body: str,
        *,
        location: str | None = None,
        session: Session | None = None,
    ) -> bool:
        """Store the answer; False unless this attempt still holds the key."""
        words = {"state": IdempotencyState.DONE, "response_status": status, "response_body": body}
        words |= {"response_location": location} if location is not None else {}
        return await self._keys.update_one(_held(key_id, attempt_id), {"$set": words, **_CHANGED}, session=session)

    async def free(self, key_id: str, attempt_id: str) -> None:
        """Let the next request with this key begin anew at once."""
        await self._keys.update_one(_held(key_id, attempt_id), {"$set": {"lease_until": LONG_AGO}, **_CHANGED})


def _held(key_id: str, attempt_id: str) -> dict[str, Any]:
    return {"id": key_id, "resume_point": attempt_id, "state": IdempotencyState.IN_PROGRESS}
