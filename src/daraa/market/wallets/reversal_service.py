"""Corrections of the ledger: one admin asks that a journal be mirrored, another one does it; nothing is ever edited."""

from typing import Any

from daraa.collections.journal_reversals import JournalReversal, ReversalState
from daraa.collections.journals import Journal, JournalKind
from daraa.collections.parts import Decision
from daraa.declare.document import stamp
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After, required
from daraa.market.wallets import errors, postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.repository import JournalRepository, ReversalRepository, WalletRepository
from daraa.market.wallets.service import ADJUST, READ
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

FINAL = (JournalKind.REVERSE, JournalKind.POINTS)
"""A mirror is final; points have balances of their own, which a mirror in the ledger alone would leave behind."""


class Reversals:
    """Requests and their execution; both need the right `ledger:adjust`."""

    def __init__(self, mongo: Mongo, ledger: Ledger, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._audit = audit
        self._journals = JournalRepository(mongo)
        self._wallets = WalletRepository(mongo)
        self._reversals = ReversalRepository(mongo)
        self._clock = clock

    async def get_journal(self, actor: Actor, journal_id: str) -> tuple[Journal, Journal | None]:
        """Any journal and what took it back, for admins with `ledger:read`."""
        actor.require(READ)
        return await self._journals.get(journal_id), await self._journals.find_reversal(journal_id)

    async def list_of_state(
        self, actor: Actor, state: ReversalState, *, limit: int, after: After = None
    ) -> list[JournalReversal]:
        """Requests of a state, those about the oldest journals first."""
        actor.require(READ)
        return await self._reversals.list_of_state(state, limit=limit, after=after)

    async def request(self, actor: Actor, journal_id: str, reason: str) -> JournalReversal:
        """Ask that the journal be taken back. `wallets.journal.final`; `wallets.reversal.state` when somebody has."""
        actor.require(ADJUST)
        journal = await self._journals.get(journal_id)
        if journal.kind in FINAL:
            raise errors.not_reversible()
        seen = await self._reversals.find(journal_id)
        if seen is not None and seen.state is not ReversalState.REFUSED:
            raise errors.reversal_state(seen.state.value)
        now = self._clock.now()
        asked = JournalReversal(id=journal_id, requested_by=actor.id, reason=reason, **stamp(now))

        async def work(session: Session) -> JournalReversal:
            stored: JournalReversal | None = asked
            if seen is None:
                await self._reversals.insert(asked, session=session)
            else:
                words = {"state": ReversalState.REQUESTED, "requested_by": actor.id, "reason": reason}
                change = {"$set": {**words, "updated_at": now}, "$unset": {"decision": ""}, "$inc": {"ver": 1}}
                stored = await self._reversals.change({"id": journal_id, "ver": seen.ver}, change, session=session)
            if stored is None:
                raise errors.reversal_state("changed")
            await self._record(session, actor, "request", journal_id, reason)
            return stored

        return await self._mongo.in_transaction(work)

    async def approve(self, actor: Actor, journal_id: str) -> Journal:
        """Post the exact mirror, once. `wallets.approval.own` for the one who asked; `wallets.balance.short` when the
        money is gone. A frozen wallet gives it all the same."""
        asked = await self._asked(actor, journal_id)
        journal = await self._journals.get(journal_id)
        lines = await self._wallets.list_of_journal(journal_id)
        posting = postings.mirror(journal, lines, asked.reason)
        now = self._clock.now()

        async def work(session: Session) -> Journal:
            decision = Decision(approved=True, by=actor.id, at=now)
            await self._turn(session, asked, {"state": ReversalState.DONE, "decision": decision})
            mirrored = (await self._ledger.post(session, [posting], actor=actor, now=now))[0]
            linked = {"$set": {"mirror_id": mirrored.id}}
            await self._reversals.change({"id": journal_id}, linked, session=session)
            await self._record(session, actor, "approve", journal_id, asked.reason)
            return mirrored

        return await self._mongo.in_transaction(work)

    async def refuse(self, actor: Actor, journal_id: str, reason: str) -> JournalReversal:
        """Leave the journal as it is; it may be asked for again."""
        asked = await self._asked(actor, journal_id, own=True)
        decision = Decision(approved=False, by=actor.id, at=self._clock.now(), note=reason)

        async def work(session: Session) -> JournalReversal:
            turned = await self._turn(session, asked, {"state": ReversalState.REFUSED, "decision": decision})
            await self._record(session, actor, "refuse", journal_id, reason)
            return turned

        return await self._mongo.in_transaction(work)

    async def _asked(self, actor: Actor, journal_id: str, *, own: bool = False) -> JournalReversal:
        """The open request; `own` lets the one who asked decide it: taking a request back needs nobody else."""
        actor.require(ADJUST)
        asked = required(await self._reversals.find(journal_id), "reversal")
        if asked.state is not ReversalState.REQUESTED:
            raise errors.reversal_state(asked.state.value)
        if not own and asked.requested_by == actor.id:
            raise errors.own_approval()
        return asked

    async def _turn(self, session: Session, asked: JournalReversal, words: dict[str, Any]) -> JournalReversal:
        guard = {"id": asked.id, "ver": asked.ver, "state": ReversalState.REQUESTED}
        change = {"$set": {**words, "updated_at": self._clock.now()}, "$inc": {"ver": 1}}
        turned = await self._reversals.change(guard, change, session=session)
        if turned is None:
            raise errors.reversal_state("changed")
        return turned

    async def _record(self, session: Session, actor: Actor, verb: str, journal_id: str, reason: str) -> None:
        action = f"journal_reversal.{verb}"
        await self._audit.record(session, actor, action, "journal", journal_id, after={"step": verb}, reason=reason)
