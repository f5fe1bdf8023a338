"""Who did what to which thing: one row in the transaction of the change, chained per thing, secrets left out."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from daraa.collections.audit_logs import AuditLog, AuditOutcome
from daraa.collections.formulas import row_hash
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.changes import changes_between
from daraa.market.audit.repository import AuditRepository
from daraa.market.found import After
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.codec import encode
from daraa.stores.mongo.session import Session

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the row's id and what is wrong with it."""

    stream: str
    seq: int
    row_id: str
    problem: str


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
        first: bool = False,
    ) -> None:
        """Add one row to the chain of the thing, in the transaction that changes it.

        `action` is `order.cancel`; `target_type` is `order`; `before` and `after` are the changed fields alone, as
        JSON-ready values with their Python names. Two changes of one thing at once: the transaction is run again.
        `first` says that this transaction makes the thing under a new id, so that there is no row to look for.
        """
        stream = f"{target_type}:{target_id}"
        last = None if first else await self._repository.find_last(stream, session=session)
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
        await self._repository.insert(row.model_copy(update={"hash": row_hash(encode(row))}), session=session)

    async def verify(self) -> AsyncIterator[Break | int]:
        """Walk every chain: breaks as they are found, and after every thousand rows how many were checked.

        A chain whose oldest rows were exported begins above 1; a gap or a wrong hash after its first row is a break.
        What was cut off a chain's end cannot be seen from the chain alone.
        """
        after: tuple[Any, ...] | None = None
        last: Mapping[str, Any] | None = None
        checked = 0
        while rows := await self._repository.list_all(limit=BATCH, after=after):
            for row in rows:
                before = last if last is not None and last["stream"] == row["stream"] else None
                if problem := _problem(row, before):
                    yield Break(row["stream"], row["seq"], row["_id"], problem)
                last = row
            checked += len(rows)
            yield checked
            after = (rows[-1]["stream"], rows[-1]["seq"])

    async def list_of_target(self, target_id: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """What was done to a thing, newest first."""
        return await self._repository.list_of_target(target_id, limit=limit, after=after)

    async def list_of_actor(self, actor_id: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """What a person did, newest first."""
        return await self._repository.list_of_actor(actor_id, limit=limit, after=after)

    async def list_of_action(self, action: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """Every use of an action (`store.approve`), newest first."""
        return await self._repository.list_of_action(action, limit=limit, after=after)


def _problem(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    if row_hash(row) != row["hash"]:
        return "the row was changed after it was written"
    if before is not None and row["seq"] != before["seq"] + 1:
        return f"rows {before['seq'] + 1} to {row['seq'] - 1} are missing"
    if before is not None and row.get("prevHash") != before["hash"]:
        return "it does not follow from the row before it"
    if before is None and row["seq"] == 1 and "prevHash" in row:
        return "the first row claims to follow another"
    return ""
