"""Wallets: the cached, guarded balance of one owner in one currency; the truth is the sum of its lines."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Count, Currency, Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Part,
    Ref,
    Unique,
)


class WalletKind(StrEnum):
    """In which role the owner holds the wallet."""

    CUSTOMER = "customer"
    STORE = "store"
    COURIER = "courier"


class WalletStatus(StrEnum):
    """Frozen blocks debits, not refunds; closed blocks both."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class Freeze(Part):
    """Since when debits are blocked, by whom and why."""

    at: Moment
    by: Annotated[Id, Ref("accounts")]
    reason: Note


class Wallet(Document):
    """`owner_id` is a customer's account, a store or a courier profile. Amounts are minor units of `currency`.

    `available` may fall to minus `overdraft_limit` (0 for customers); `last_seq` numbers the wallet's lines.
    """

    owner_id: Id
    kind: WalletKind
    currency: Currency
    available: int = 0
    pending: int = 0
    held: Count = 0
    overdraft_limit: Count = 0
    last_seq: Count = 0
    status: WalletStatus = WalletStatus.ACTIVE
    freeze: Freeze | None = None


WALLETS = Collection(
    Wallet,
    name="wallets",
    purpose="What one owner has in one currency: available, pending and held.",
    prefix="wal",
    indexes=(
        Unique("owner_id", "currency", serves="the wallets of an owner by currency"),
        Index("freeze.at", only=Is("status", WalletStatus.FROZEN), serves="frozen wallets, longest frozen first"),
    ),
    retention=Keep(because="a balance must stay explainable"),
    cache=NotCached(because="balances decide money"),
    access=Access(app="find insert update"),
    shard_key=("owner_id", "id"),
)
