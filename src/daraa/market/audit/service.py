"""Who did what to which thing: one row in the transaction of the change, chained per thing, secrets left out."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daraa.collections.audit_logs import AuditLog, AuditOutcome, Change
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.changes import changes_between
from daraa.market.audit.repository import AuditRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session


class Audit:
    """Writes and checks the audit log."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository = AuditRepository(mongo)
        self._clock = clock

    async def record(
        self,
        session: Session,
        actor: Actor,
        action: str,
        target_type: str,
        target_id: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Add one row to the chain of the thing, in the transaction that changes it.

        `action` is `order.cancel`; `target_type` is `order`; `before` and `after` are the changed fields alone, as
        JSON-ready values with their Python names. Two changes of one thing at once: the transaction is run again.
        """
        stream = f"{target_type}:{target_id}"
        last = await self._repository.find_last(stream, session=session)
        row = AuditLog(
            id=new_id("aud"),
            stream=stream,
            seq=last.seq + 1 if last else 1,
            actor_id=actor.account_id,
            action=action,
            target_type=target_type,
            target_id=target_id,
            outcome=AuditOutcome.SUCCESS,
            changes=changes_between(before or {}, after or {}),
            reason=reason,
            request_id=actor.request_id,
            ip=actor.ip,
            prev_hash=last.hash if last else None,
            hash="0" * 64,
            **stamp(self._clock.now()),
        )
        await self._repository.insert(row.model_copy(update={"hash": row_hash(row)}), session=session)
