"""Withdrawals: a customer's request holds the money at once; an admin, never the same person, pays or refuses it."""

from collections.abc import Callable
from typing import Any

from daraa.collections.parts import Decision
from daraa.collections.withdrawals import Withdrawal, WithdrawalState
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.wallets import answers, errors, postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import Posting
from daraa.market.wallets.repository import WithdrawalRepository
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.session import Session

DECIDE = "payout:run"


class Withdrawals:
    """Requests and decisions."""

    def __init__(
        self,
        mongo: Mongo,
        wallets: Wallets,
        ledger: Ledger,
        audit: Audit,
        idempotency: Idempotency,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo = mongo
        self._wallets = wallets
        self._ledger = ledger
        self._audit = audit
        self._idempotency = idempotency
        self._repository = WithdrawalRepository(mongo)
        self._clock = clock

    async def request(
        self, actor: Actor, wallet_id: str, amount: Money, destination: str, note: str | None, claim: Claim
    ) -> Answer:
        """Hold the money and wait for an admin. Refusals as of a transfer."""
        wallet = await self._wallets.get_mine(actor, wallet_id)
        if wallet.currency != amount.currency:
            raise errors.currency_other(amount.currency, wallet.currency)
        now, withdrawal_id = self._clock.now(), new_id("wdr")

        async def work(session: Session) -> Answer:
            held = postings.withdrawal_held(withdrawal_id, wallet.id, amount)
            journals = await self._ledger.post(session, [held], actor=actor, now=now)
            withdrawal = Withdrawal(
                id=withdrawal_id,
                wallet_id=wallet.id,
                owner_id=wallet.owner_id,
                requested_by=actor.id,
                amount=amount,
                destination=destination,
                note=note,
                hold_journal_id=journals[0].id,
                **stamp(now),
            )
            await self._repository.insert(withdrawal, session=session)
            await self._record(session, actor, "request", withdrawal, None)
            shown = answers.withdrawal(withdrawal) | {"created_at": now.isoformat()}
            done = Answer({"data": shown}, 201, location=f"/v1/wallets/{wallet.id}/withdrawals")
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work)

    async def list_mine(self, actor: Actor, wallet_id: str, *, limit: int, after: After = None) -> list[Withdrawal]:
        """The withdrawals of the actor's wallet, newest first."""
        wallet = await self._wallets.get_mine(actor, wallet_id)
        return await self._repository.list_of_wallet(wallet.id, limit=limit, after=after)

    async def list_of_state(
        self, actor: Actor, state: WithdrawalState, *, limit: int, after: After = None
    ) -> list[Withdrawal]:
        """Everybody's, the longest waiting first, for admins with `payout:run`."""
        actor.require(DECIDE)
        return await self._repository.list_of_state(state, limit=limit, after=after)

    async def approve(self, actor: Actor, withdrawal_id: str, bank_reference: str, note: str | None) -> Withdrawal:
        """The money was paid out. `wallets.approval.own` for one's own request, `wallets.withdrawal.decided` twice."""
        words = {"state": WithdrawalState.SETTLED, "bank_reference": bank_reference}
        return await self._decide(actor, withdrawal_id, postings.withdrawal_settled, words, note)

    async def refuse(self, actor: Actor, withdrawal_id: str, reason: str) -> Withdrawal:
        """The money is available again, with the reason. Refusals as of `approve`."""
        words = {"state": WithdrawalState.REFUSED}
        return await self._decide(actor, withdrawal_id, postings.withdrawal_returned, words, reason)

    async def _decide(
        self,
        actor: Actor,
        withdrawal_id: str,
        posting_of: Callable[[str, str, Money], Posting],
        words: dict[str, Any],
        note: str | None,
    ) -> Withdrawal:
        actor.require(DECIDE)
        seen = await self._repository.get(withdrawal_id)
        if actor.id in (seen.requested_by, seen.owner_id):
            raise errors.own_approval()
        now = self._clock.now()
        approved = words["state"] is WithdrawalState.SETTLED
        decision = Decision(approved=approved, by=actor.id, at=now, note=note)

        async def work(session: Session) -> Withdrawal:
            posting = posting_of(withdrawal_id, seen.wallet_id, seen.amount)
            # The state first: whoever comes second must hear that it is decided, not that the ledger knows the key.
            decided = await self._repository.change(
                {"id": withdrawal_id, "state": WithdrawalState.REQUESTED},
                {"$set": {**words, "decision": decision, "updated_at": now}, "$inc": {"ver": 1}},
                session=session,
            )
            if decided is None:
                raise errors.withdrawal_decided()
            journals = await self._ledger.post(session, [posting], actor=actor, now=now)
            linked = await self._repository.change(
                {"id": withdrawal_id}, {"$set": {"outcome_journal_id": journals[0].id}}, session=session
            )
            assert linked is not None
            await self._record(session, actor, "approve" if approved else "refuse", linked, note)
            await append_events(self._mongo, session, [_news(linked)])
            return linked

        return await self._mongo.in_transaction(work)

    async def _record(
        self, session: Session, actor: Actor, verb: str, withdrawal: Withdrawal, reason: str | None
    ) -> None:
        before = {} if verb == "request" else {"state": WithdrawalState.REQUESTED.value}
        after = {"state": withdrawal.state.value, "amount": answers.money(withdrawal.amount)}
        action = f"withdrawal.{verb}"
        await self._audit.record(
            session, actor, action, "withdrawal", withdrawal.id, before=before, after=after, reason=reason
        )


def _news(withdrawal: Withdrawal) -> News:
    outcome = "approved" if withdrawal.state is WithdrawalState.SETTLED else "refused"
    payload = {
        "withdrawal_id": withdrawal.id,
        "wallet_id": withdrawal.wallet_id,
        "owner_id": withdrawal.owner_id,
        "amount": answers.money(withdrawal.amount),
        "reason": withdrawal.decision.note if withdrawal.decision else None,
    }
    return News(f"withdrawal.{outcome}", "withdrawal", withdrawal.id, withdrawal.ver, payload)
