"""Reads of wallets and of the ledger that explains them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.accounts import ACCOUNTS, Account
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.journal_reversals import JOURNAL_REVERSALS, JournalReversal, ReversalState
from daraa.collections.journals import JOURNALS, Journal, JournalKind
from daraa.collections.wallet_transactions import (
    WALLET_TRANSACTIONS,
    WalletTransaction,
    WalletTransactionStatus,
    WalletTransactionType,
)
from daraa.collections.wallets import WALLETS, Wallet
from daraa.collections.withdrawals import WITHDRAWALS, Withdrawal, WithdrawalState
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.market.wallets import queries as q
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

Words = Mapping[str, Any]


class WalletRepository:
    """Wallets and their lines; debits are guarded updates in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._wallets = Table(WALLETS, mongo)
        self._lines = Table(WALLET_TRANSACTIONS, mongo)
        self._currencies = Table(CURRENCIES, mongo)

    async def get(self, wallet_id: str, *, session: Session | None = None) -> Wallet:
        """The wallet; DaraaError `market.thing.missing` when there is none."""
        return required(await self._wallets.find_one(q.WALLET_BY_ID, session=session, id=wallet_id), "wallet")

    async def find(self, wallet_id: str) -> Wallet | None:
        """The wallet, whoever asks: the caller compares the owner."""
        return await self._wallets.find_one(q.WALLET_BY_ID, id=wallet_id)

    async def list_of_owner(self, owner_id: str, *, limit: int) -> list[Wallet]:
        """Every wallet of a customer's account or a courier profile."""
        return await self._wallets.find(q.WALLETS_OF_OWNER, limit=limit, owner_id=owner_id)

    async def list_of_store(self, scope: StoreScope, *, limit: int) -> list[Wallet]:
        """Every wallet of a store."""
        return await self._wallets.find(q.WALLETS_OF_OWNER, limit=limit, owner_id=scope.store_id)

    async def find_in_currency(self, owner_id: str, currency: str) -> Wallet | None:
        """The wallet of an owner in one currency."""
        return await self._wallets.find_one(q.WALLET_IN_CURRENCY, owner_id=owner_id, currency=currency)

    async def get_in_currency(self, owner_id: str, currency: str) -> Wallet:
        """The wallet of an owner in one currency; DaraaError `market.thing.missing` when there is none."""
        return required(await self.find_in_currency(owner_id, currency), "wallet")

    async def insert(self, wallet: Wallet) -> None:
        """Open a wallet; `stores.key.duplicate` when the owner has one in this currency."""
        await self._wallets.insert(wallet)

    async def change(self, where: Words, change: Words, *, session: Session) -> Wallet | None:
        """The wallet after a change of its state; None when the guard finds none. Balances are the ledger's alone."""
        return await self._wallets.update_and_get(where, change, session=session)

    async def list_frozen(self, before: datetime, *, limit: int, after: After = None) -> list[Wallet]:
        """Wallets frozen since that time or longer, the longest frozen first."""
        return await self._wallets.find(q.FROZEN_WALLETS, limit=limit, after=after, before=before)

    async def list_statement(self, wallet_id: str, *, limit: int, after: After = None) -> list[WalletTransaction]:
        """A wallet's lines, the last posted first; its own numbering makes pages without a gap."""
        return await self._lines.find(q.STATEMENT, limit=limit, after=after, wallet_id=wallet_id)

    async def list_since(self, wallet_id: str, since: datetime, *, limit: int) -> list[WalletTransaction]:
        """A wallet's lines since a time, newest first."""
        return await self._lines.find(q.LINES_SINCE, limit=limit, wallet_id=wallet_id, since=since)

    async def list_of_type(
        self, wallet_id: str, type: WalletTransactionType, status: WalletTransactionStatus, *, limit: int
    ) -> list[WalletTransaction]:
        """A wallet's lines of one type that moved one of its balances."""
        return await self._lines.find(q.LINES_OF_TYPE, limit=limit, wallet_id=wallet_id, type=type, status=status)

    async def list_of_status(
        self, status: WalletTransactionStatus, since: datetime, *, limit: int
    ) -> list[WalletTransaction]:
        """Everybody's lines of a status since a time, newest first."""
        return await self._lines.find(q.LINES_OF_STATUS, limit=limit, status=status, since=since)

    async def list_of_journal(self, journal_id: str, *, limit: int = 32) -> list[WalletTransaction]:
        """The wallet lines of a journal in the order of its entries."""
        return await self._lines.find(q.LINES_OF_JOURNAL, limit=limit, journal_id=journal_id)

    async def list_currencies(self, *, limit: int) -> list[Currency]:
        """Every currency, past ones too."""
        return await self._currencies.find(q.ALL_CURRENCIES, limit=limit)


class JournalRepository:
    """The ledger's journals."""

    def __init__(self, mongo: Mongo) -> None:
        self._journals = Table(JOURNALS, mongo)

    async def get(self, journal_id: str) -> Journal:
        """The journal; DaraaError `market.thing.missing` when there is none."""
        return required(await self._journals.find_one(q.JOURNAL_BY_ID, id=journal_id), "journal")

    async def find_by_business_key(self, business_key: str, *, session: Session | None = None) -> Journal | None:
        """What was already posted for an event (`pay:<order>`), when a posting is repeated."""
        return await self._journals.find_one(q.JOURNAL_BY_KEY, session=session, business_key=business_key)

    async def find_reversal(self, journal_id: str) -> Journal | None:
        """The journal that took another back."""
        return await self._journals.find_one(q.REVERSAL, reverses=journal_id)

    async def list_of_order(
        self, order_id: str, *, limit: int, after: After = None, session: Session | None = None
    ) -> list[Journal]:
        """All money that an order moved, oldest first."""
        return await self._journals.find(
            q.JOURNALS_OF_ORDER, limit=limit, after=after, session=session, order_id=order_id
        )

    async def list_of_ledger_account(self, account: str, *, limit: int, after: After = None) -> list[Journal]:
        """The journals with an entry on a ledger account (`escrow:<order>`), newest first."""
        return await self._journals.find(q.JOURNALS_OF_ACCOUNT, limit=limit, after=after, account=account)

    async def list_of_kind(self, kind: JournalKind, *, limit: int, after: After = None) -> list[Journal]:
        """Journals of a kind, newest first."""
        return await self._journals.find(q.JOURNALS_OF_KIND, limit=limit, after=after, kind=kind)


class WithdrawalRepository:
    """What is to be paid out of wallets."""

    def __init__(self, mongo: Mongo) -> None:
        self._withdrawals = Table(WITHDRAWALS, mongo)

    async def get(self, withdrawal_id: str) -> Withdrawal:
        """The withdrawal; DaraaError `market.thing.missing` when there is none."""
        return required(await self._withdrawals.find_one(q.WITHDRAWAL_BY_ID, id=withdrawal_id), "withdrawal")

    async def insert(self, withdrawal: Withdrawal, *, session: Session) -> None:
        """Add a request in the transaction that holds its money."""
        await self._withdrawals.insert(withdrawal, session=session)

    async def change(self, where: Words, change: Words, *, session: Session) -> Withdrawal | None:
        """The withdrawal after the change; None when none matches the guard."""
        return await self._withdrawals.update_and_get(where, change, session=session)

    async def list_of_wallet(self, wallet_id: str, *, limit: int, after: After = None) -> list[Withdrawal]:
        """A wallet's withdrawals, newest first."""
        return await self._withdrawals.find(q.WITHDRAWALS_OF_WALLET, limit=limit, after=after, wallet_id=wallet_id)

    async def list_of_state(self, state: WithdrawalState, *, limit: int, after: After = None) -> list[Withdrawal]:
        """Everybody's withdrawals of a state, the longest waiting first."""
        return await self._withdrawals.find(q.WITHDRAWALS_OF_STATE, limit=limit, after=after, state=state)


class ReversalRepository:
    """Requests to take journals back."""

    def __init__(self, mongo: Mongo) -> None:
        self._reversals = Table(JOURNAL_REVERSALS, mongo)

    async def find(self, journal_id: str) -> JournalReversal | None:
        """What was asked about a journal."""
        return await self._reversals.find_one(q.REVERSAL_OF, id=journal_id)

    async def insert(self, reversal: JournalReversal, *, session: Session) -> None:
        """Ask; `stores.key.duplicate` when somebody has."""
        await self._reversals.insert(reversal, session=session)

    async def change(self, where: Words, change: Words, *, session: Session) -> JournalReversal | None:
        """The request after the change; None when none matches the guard."""
        return await self._reversals.update_and_get(where, change, session=session)

    async def list_of_state(self, state: ReversalState, *, limit: int, after: After = None) -> list[JournalReversal]:
        """Requests of a state, those about the oldest journals first."""
        return await self._reversals.find(q.REVERSALS_OF_STATE, limit=limit, after=after, state=state)


class OwnerRepository:
    """The few things that wallets must know about people."""

    def __init__(self, mongo: Mongo) -> None:
        self._accounts = Table(ACCOUNTS, mongo)
        self._couriers = Table(COURIER_PROFILES, mongo)

    async def find_account(self, account_id: str) -> Account | None:
        """The account that owns a wallet."""
        return await self._accounts.find_one(q.ACCOUNT_OF_OWNER, id=account_id)

    async def find_by_phone(self, phone: str) -> Account | None:
        """The account that money is sent to."""
        return await self._accounts.find_one(q.ACCOUNT_OF_PHONE, phone=phone)

    async def get_courier(self, account_id: str) -> CourierProfile:
        """The courier profile of an account; DaraaError `market.thing.missing` when there is none."""
        return required(await self._couriers.find_one(q.COURIER_OF_ACCOUNT, account_id=account_id), "courier")
