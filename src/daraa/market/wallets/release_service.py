"""Releases: a store's pending money becomes available once the return window is over and no cash is on the road."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from daraa.collections import ledger_accounts as accounts
from daraa.collections.commissions import CommissionStatus
from daraa.collections.journals import Journal
from daraa.collections.payments import CashState
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import Money
from daraa.market.actor import JOB
from daraa.market.wallets import postings
from daraa.market.wallets.earnings_repository import CommissionRepository
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import Posting
from daraa.market.wallets.repository import JournalRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

BATCH = 100
MOST_A_RUN = 2_000
LATER = timedelta(hours=1)
"""How far an order that cannot be released yet is moved back in the queue, so that it does not stand in others' way."""
IN_THE_HUB = (None, CashState.REMITTED, CashState.SETTLED)
"""Where the cash of an order is when the store may have its money; None: it was not paid in cash."""
_log = logging.getLogger(__name__)


class Releases:
    """Settles commissions that are due."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._commissions = CommissionRepository(mongo)
        self._journals = JournalRepository(mongo)

    async def sweep_releases(self) -> Mapping[str, int]:
        """Release what is due, at most 2,000 orders a run: how many were, how many wait for cash, how many failed.

        Whatever is not released now is asked again an hour later. A repeated or interrupted run changes nothing twice.
        """
        counts = {"released": 0, "waiting": 0, "failed": 0}
        while sum(counts.values()) < MOST_A_RUN:
            now = await server_now(self._mongo)
            due = await self._commissions.list_due(now, limit=BATCH)
            for order_id, store_id in dict.fromkeys((each.order_id, each.store_id) for each in due):
                counts[await self._settle(order_id, store_id, now)] += 1
            if len(due) < BATCH:
                break
        return counts

    async def _settle(self, order_id: str, store_id: str, now: datetime) -> str:
        payment = await self._commissions.find_payment(order_id)
        if payment is None or payment.cash_state not in IN_THE_HUB:
            await self._later(order_id, now)
            return "waiting"
        try:
            await self._mongo.in_transaction(lambda session: self._release(session, order_id, store_id, now))
        except DaraaError as error:
            if error.retryable or error.spec.status >= 500:
                raise
            _log.warning("release of %s failed: %s", order_id, error.code)
            await self._later(order_id, now)
            return "failed"
        return "released"

    async def _release(self, session: Session, order_id: str, store_id: str, now: datetime) -> None:
        earned = {"$set": {"status": CommissionStatus.EARNED, "earned_at": now, "updated_at": now}, "$inc": {"ver": 1}}
        if not await self._commissions.settle(order_id, now, earned, session=session):
            return  # somebody else has done it meanwhile
        posting = release_of(
            order_id, store_id, await self._journals.list_of_order(order_id, limit=100, session=session)
        )
        if posting is not None:
            await self._ledger.post(session, [posting], actor=JOB, now=now)

    async def _later(self, order_id: str, now: datetime) -> None:
        change = {"$set": {"due_at": now + LATER, "updated_at": now}, "$inc": {"ver": 1}}
        await self._mongo.in_transaction(
            lambda session: self._commissions.settle(order_id, now, change, session=session)
        )


def release_of(order_id: str, store_id: str, journals: Iterable[Journal]) -> Posting | None:
    """Releases what an order's journals left in the store's pending money: refunds may have taken all of it."""
    account = accounts.store_pending(store_id)
    entries = [entry for journal in journals for entry in journal.entries if entry.account == account]
    left = sum(entry.amount.amount for entry in entries)
    if left <= 0 or entries[0].wallet_id is None:
        return None
    return postings.released(
        order_id, store_id, entries[0].wallet_id, Money(amount=left, currency=entries[0].amount.currency)
    )
