"""The only writer of money: journals, wallet lines and guarded balances, all in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from daraa.collections.journals import JOURNALS, Journal
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS, Wallet, WalletStatus
from daraa.market.actor import Actor
from daraa.market.found import required
from daraa.market.wallets import errors
from daraa.market.wallets import queries as q
from daraa.market.wallets.movements import Movement, journal_of, movements
from daraa.market.wallets.postings import Posting
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.session import Session


class Ledger:
    """Posts journals (I5) and keeps the cached balances true (I6)."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._journals = Table(JOURNALS, mongo)
        self._lines = Table(WALLET_TRANSACTIONS, mongo)
        self._wallets = Table(WALLETS, mongo)

    async def post(
        self, session: Session, postings: Sequence[Posting], *, actor: Actor, now: datetime
    ) -> list[Journal]:
        """Post all of them or none: one journal each, one guarded update per wallet, its lines numbered on.

        Wallets are changed in the order of their ids, whoever pays whom. `wallets.wallet.frozen` for a debit of a
        frozen wallet, `wallets.wallet.closed`, `wallets.balance.short`, `market.thing.missing`; `stores.key.duplicate`
        when an event was posted before: the transaction is over then, so catch it outside and read the winner.
        A posting that does not balance is a programming error (ValueError).
        """
        posted = [(posting, journal_of(posting, actor.account_id, now)) for posting in postings]
        if not posted:
            return []
        # First of all, so that a repeated event is told as such and not as a balance that it has emptied itself.
        await self._journals.insert_many([journal for _, journal in posted], session=session)
        lines, news = [], []
        for movement in movements(posted):
            wallet = await self._move(session, movement, now)
            lines += movement.lines(wallet, actor.account_id, now)
            news += _news(wallet, movement)
        if lines:
            await self._lines.insert_many(lines, session=session)
        if news:
            await append_events(self._mongo, session, news)
        return [journal for _, journal in posted]

    async def _move(self, session: Session, movement: Movement, now: datetime) -> Wallet:
        after = await self._wallets.update_and_get(movement.guard(), movement.change(now), session=session)
        if after is not None:
            return after
        seen = await self._wallets.find_one(q.WALLET_BY_ID, session=session, id=movement.wallet_id)
        wallet = required(seen, "wallet")
        if wallet.currency != movement.currency:
            raise errors.currency_other(movement.currency, wallet.currency)
        if wallet.status is WalletStatus.CLOSED:
            raise errors.closed()
        if wallet.status is WalletStatus.FROZEN and movement.needs_active:
            raise errors.frozen()
        raise errors.short()


def _news(wallet: Wallet, movement: Movement) -> list[News]:
    """What the owner is told: one event for one change, about all lines that are worth telling."""
    told = [(journal, side) for journal, _, side in movement.steps if side.told]
    if not told:
        return []
    amount = sum(side.amount for _, side in told)
    journal, side = told[0]
    assert side.type is not None
    payload = {
        "wallet_id": wallet.id,
        "owner_id": wallet.owner_id,
        "kind": wallet.kind.value,
        "amount": {"amount": abs(amount), "currency": wallet.currency},
        "type": side.type.value,
        "journal_id": journal.id,
        "order_id": journal.order_id,
    }
    type_ = "wallet.credited" if amount >= 0 else "wallet.debited"
    return [News(type_, "wallet", wallet.id, wallet.ver, payload)]
