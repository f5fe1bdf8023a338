"""Withdrawals: what customers asked to have paid out of their wallets, decided by somebody else than who asked."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Decision, Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Personal,
    Ref,
    desc,
)
from daraa.kernel.money import Money


class WithdrawalState(StrEnum):
    """Requested money is held in the wallet; settled left through the bank, refused is available again."""

    REQUESTED = "requested"
    SETTLED = "settled"
    REFUSED = "refused"


class Withdrawal(Document):
    """`destination` says where the money is to go: a bank account, or an office and a name."""

    wallet_id: Annotated[Id, Ref("wallets")]
    owner_id: Id
    requested_by: Annotated[Id, Ref("accounts")]
    amount: Money
    destination: Annotated[str, Personal, StringConstraints(min_length=4, max_length=120)]
    note: Annotated[Note | None, Personal] = None
    state: WithdrawalState = WithdrawalState.REQUESTED
    decision: Decision | None = None
    bank_reference: Annotated[str | None, StringConstraints(max_length=80)] = None
    hold_journal_id: Annotated[Id, Ref("journals")]
    outcome_journal_id: Annotated[Id | None, Ref("journals")] = None


WITHDRAWALS = Collection(
    Withdrawal,
    name="withdrawals",
    purpose="One sum that is to leave a wallet for its owner's bank account or hand.",
    prefix="wdr",
    indexes=(
        Index("wallet_id", desc("id"), serves="a wallet's withdrawals, newest first"),
        Index("state", "id", serves="withdrawals of a state, longest waiting first"),
    ),
    retention=Keep(because="the ledger refers to it"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("wallet_id", "id"),
)
