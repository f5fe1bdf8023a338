"""The same key, the same answer and one effect (I4): stored with the business write, replayed ever after."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.idempotency_keys import IdempotencyKey, IdempotencyState
from daraa.declare.document import stamp
from daraa.kernel.errors import REGISTRY, DaraaError, register
from daraa.kernel.ids import new_id
from daraa.market.idempotency.repository import IdempotencyRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

IN_PROGRESS = register(
    "market.idempotency.running",
    status=409,
    retryable=True,
    en="The same request is being carried out",
    ar="الطلب نفسه قيد التنفيذ",
)
REUSED = register(
    "market.idempotency.reused", status=422, en="The key belongs to another request", ar="المفتاح مستخدم لطلب آخر"
)
LOST = register(
    "market.idempotency.lost",
    status=409,
    retryable=True,
    en="Another try has taken this request over",
    ar="تولت محاولة أخرى هذا الطلب",
)
LEASE = timedelta(seconds=15)
"""How long a request may be carried out before another may take it over; above the API's request time-out."""
PATIENCE_S = 6.0
KEPT = timedelta(hours=24)
KEPT_FOR_MONEY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with; `body` is JSON-ready. `location` says where that is which was made."""

    body: Mapping[str, Any]
    status: int = 200
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry a request out. `attempt_id` names this try; `burned` is that of a try that died in it.

    `taken_at` is the database server's time, for terms that begin with the request.
    """

    key_id: str
    attempt_id: str
    burned: str | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """The stored outcome of an earlier request with the same key: an answer, or the refusal to be raised again."""

    answer: Answer | None
    refusal: DaraaError | None


class Idempotency:
    """Takes keys and keeps answers. Only refusals that say something about the business (4xx) are kept as final."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._repository = IdempotencyRepository(mongo)

    async def begin(self, actor: str, route: str, key: str, fingerprint: str, *, money: bool) -> Claim | Replayed:
        """Take the key, or give its stored outcome; waits a moment for a twin that is being carried out.

        `market.idempotency.reused` when the key came with another request; `.running` when the twin takes too long.
        """
        key_id = hashlib.sha256(f"{actor}|{route}|{key}".encode()).hexdigest()
        until = asyncio.get_running_loop().time() + PATIENCE_S
        pause = 0.02
        while True:
            now = await server_now(self._mongo)
            claim = Claim(key_id, new_id("att"), None, now)
            if await self._take(_row(claim, actor, route, fingerprint, now, money=money)):
                return claim
            known = await self._repository.find(key_id)
            if known is not None:
                taken = await self._look(known, claim, fingerprint, now, money=money)
                if taken is not None:
                    return taken
            if asyncio.get_running_loop().time() > until:
                raise DaraaError(
                    IN_PROGRESS, "A request with this key is still running.", hint="Send it again in a second."
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.4)

    async def _take(self, row: IdempotencyKey) -> bool:
        try:
            await self._repository.insert(row)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            return False
        return True

    async def _look(
        self, known: IdempotencyKey, claim: Claim, fingerprint: str, now: datetime, *, money: bool
    ) -> Claim | Replayed | None:
        """What a key that exists means for us; None while its request is being carried out."""
        if known.expires_at > now and known.fingerprint != fingerprint:
            raise DaraaError(
                REUSED,
                "This Idempotency-Key was sent with another request.",
                hint="Make a new key for every new request.",
                ar="استخدم مفتاحا جديدا لكل طلب جديد.",
            )
        if known.expires_at > now and known.state is IdempotencyState.DONE:
            return _replay(known)
        if known.expires_at > now and known.lease_until > now:
            return None
        words = {
            "resume_point": claim.attempt_id,
            "lease_until": now + LEASE,
            "state": IdempotencyState.IN_PROGRESS,
            "fingerprint": fingerprint,
            "expires_at": now + (KEPT_FOR_MONEY if money else KEPT),
        }
        if await self._repository.take_over(known, words):
            return replace(claim, burned=known.resume_point)
        return None

    async def keep(self, claim: Claim, answer: Answer, *, session: Session | None = None) -> None:
        """Store the answer, in the transaction of the effect; `market.idempotency.lost` when another try took over."""
        body = json.dumps(dict(answer.body), ensure_ascii=False, separators=(",", ":"))
        if not await self._repository.finish(
            claim.key_id, claim.attempt_id, answer.status, body, location=answer.location, session=session
        ):
            raise DaraaError(LOST, "Another try has taken this request over.", hint="Send it again with the same key.")

    async def keep_refusal(self, claim: Claim, error: DaraaError) -> None:
        """Store a business refusal as the answer of the key, or free the key so that the request may be tried again."""
        final = error.spec.status in (402, 409, 410, 422, 423) and not error.retryable
        if not final:
            await self._repository.free(claim.key_id, claim.attempt_id)
            return
        body = json.dumps(
            {"code": error.code, "message": error.message, "hint": error.hint, "details": error.details},
            ensure_ascii=False,
        )
        await self._repository.finish(claim.key_id, claim.attempt_id, error.spec.status, body)


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    """The hash by which a repeated request is told from another one under the same key."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def _row(claim: Claim, actor: str, route: str, fingerprint: str, now: datetime, *, money: bool) -> IdempotencyKey:
    return IdempotencyKey(
        id=claim.key_id,
        actor_id=actor if actor.startswith("acc_") else None,
        route=route,
        fingerprint=fingerprint,
        resume_point=claim.attempt_id,
        lease_until=now + LEASE,
        expires_at=now + (KEPT_FOR_MONEY if money else KEPT),
        **stamp(now),
    )


def _replay(known: IdempotencyKey) -> Replayed:
    body = json.loads(known.response_body or "{}")
    status = known.response_status or 200
    if status < 400:
        return Replayed(Answer(body, status, known.response_location), None)
    if body.get("code") not in REGISTRY:
        # A release has dropped the code since; the caller may ask anew.
        raise DaraaError(IN_PROGRESS, "The stored answer is outdated.", hint="Send the request with a new key.")
    return Replayed(None, DaraaError(body["code"], body["message"], hint=body["hint"], **body["details"]))
