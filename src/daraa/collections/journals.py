"""Journals: each event that moved money, as balanced entries in one document; corrected only by its mirror."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Database,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Part,
    Present,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:[A-Za-z0-9_.-]+)?$", max_length=100)]
"""A ledger account, named by `collections.ledger_accounts`: `wallet:<id>`, `escrow:<order>`, `rev_commission` …"""


class JournalKind(StrEnum):
    """The event that moved money; the business key is this or a word of its own before the thing's id."""

    TOPUP = "topup"
    PAY = "pay"
    CAPTURE = "capture"
    COD = "cod"
    REMIT = "remit"
    CLOSE = "close"
    RELEASE = "release"
    REFUND = "refund"
    PAYOUT = "payout"
    TRANSFER = "transfer"
    WITHDRAWAL = "withdrawal"
    POINTS = "points"
    DISPUTE = "dispute"
    ADJUST = "adjust"
    REVERSE = "reverse"


class Entry(Part):
    """One side of a journal: credits are positive; what owes the platform runs negative."""

    account: AccountName
    amount: Money
    wallet_id: Annotated[Id | None, Ref("wallets")] = None


class Journal(Document):
    """The entries of each currency sum to zero. `business_key` (`pay:<order>`) makes a second posting impossible."""

    business_key: Annotated[str, StringConstraints(pattern=r"^[a-z_]+:.+$", max_length=200)]
    kind: JournalKind
    entries: Annotated[tuple[Entry, ...], AtMost(32), Field(min_length=2)]
    order_id: Annotated[Id | None, Ref("orders")] = None
    payment_id: Annotated[Id | None, Ref("payments")] = None
    refund_id: Annotated[Id | None, Ref("refunds")] = None
    payout_id: Annotated[Id | None, Ref("payouts")] = None
    reverses: Annotated[Id | None, Ref("journals")] = None
    memo: Annotated[str | None, StringConstraints(max_length=500)] = None
    actor_id: Annotated[Id | None, Ref("accounts")] = None


JOURNALS = Collection(
    Journal,
    name="journals",
    purpose="One event that moved money, as 2 to 32 entries that sum to zero per currency.",
    prefix="jrn",
    database=Database.LEDGER,
    indexes=(
        Unique("business_key", serves="a journal by its business key"),
        Unique("reverses", only=Present("reverses"), serves="the reversal of a journal"),
        Index("order_id", "id", only=Present("order_id"), serves="the journals of an order, oldest first"),
        Index("entries.account", desc("id"), serves="a ledger account's journals, newest first"),
        Index("kind", desc("id"), serves="journals of a kind, newest first"),
    ),
    retention=Keep(because="the ledger is never deleted"),
    cache=NotCached(because="it is the truth about money"),
    access=Access(app="find insert"),
    shard_key=("id",),
)
