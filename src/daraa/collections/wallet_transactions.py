"""Wallet transactions: one line per wallet entry of a journal, written with it and never changed."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.declare import (
    Access,
    Collection,
    Database,
    Document,
    Id,
    Index,
    Keep,
    Localized,
    NotCached,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class WalletTransactionType(StrEnum):
    """Why the balance moved."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    COMMISSION = "commission"
    EARNING = "earning"
    BONUS = "bonus"
    ADJUSTMENT = "adjustment"


class WalletTransactionStatus(StrEnum):
    """Which balance of the wallet the line moved: completed the available one, pending and held those of their name.

    A line never changes its status: money that becomes available is one line out of `pending` and one into `completed`.
    """

    PENDING = "pending"
    HELD = "held"
    COMPLETED = "completed"


class WalletTransaction(Document):
    """`amount` is signed: credits are positive. Balances are those of the status' balance before and after the line."""

    wallet_id: Annotated[Id, Ref("wallets")]
    owner_id: Id
    seq: Annotated[int, Field(ge=1)]
    type: WalletTransactionType
    status: WalletTransactionStatus = WalletTransactionStatus.COMPLETED
    amount: Money
    balance_before: Money
    balance_after: Money
    journal_id: Annotated[Id, Ref("journals")]
    line: Annotated[int, Field(ge=0, le=31)]
    order_id: Annotated[Id | None, Ref("orders")] = None
    payment_id: Annotated[Id | None, Ref("payments")] = None
    description: Localized | None = None
    performed_by: Annotated[Id | None, Ref("accounts")] = None


WALLET_TRANSACTIONS = Collection(
    WalletTransaction,
    name="wallet_transactions",
    purpose="One movement of one wallet's balance, pointing at the journal entry that explains it.",
    prefix="wtx",
    database=Database.LEDGER,
    indexes=(
        Index("wallet_id", desc("created_at"), serves="a wallet's lines, newest first"),
        Index("wallet_id", "type", "status", serves="a wallet's lines by type and status"),
        Index("status", desc("created_at"), serves="all lines of a status, newest first"),
        Unique("wallet_id", "seq", serves="a wallet's lines in the order they were posted"),
        Unique("journal_id", "line", serves="the wallet lines of a journal"),
    ),
    retention=Keep(because="the ledger is never deleted"),
    cache=NotCached(because="it proves balances"),
    access=Access(app="find insert"),
    shard_key=("owner_id", "id"),
)
