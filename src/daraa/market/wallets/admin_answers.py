"""What the ledger's routes for admins answer, for the API's description; what is absent is left out."""

from datetime import datetime

from pydantic import BaseModel

from daraa.collections.commission_rules import RuleScope
from daraa.collections.journal_reversals import ReversalState
from daraa.collections.journals import JournalKind
from daraa.market.http import MoneyOut
from daraa.market.wallets.schemas import WalletOut, WithdrawalOut


class FreezeOut(BaseModel):
    """Since when nothing leaves a wallet, by whom and why."""

    at: datetime
    by: str
    reason: str


class AnyWalletOut(WalletOut):
    """A wallet with its owner."""

    owner_id: str
    overdraft_limit: MoneyOut
    freeze: FreezeOut | None
    ver: int


class AnyWithdrawalOut(WithdrawalOut):
    """A withdrawal with who asked and who decided."""

    owner_id: str
    requested_by: str
    decided_by: str | None


class _Stored(BaseModel):
    id: str
    ver: int
    created_at: datetime
    updated_at: datetime


class JournalEntryOut(BaseModel):
    """One side of a journal; all amounts of a journal sum to zero."""

    account: str
    amount: MoneyOut
    wallet_id: str | None = None


class JournalOut(_Stored):
    """A journal with its entries."""

    business_key: str
    kind: JournalKind
    entries: list[JournalEntryOut]
    order_id: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    payout_id: str | None = None
    reverses: str | None = None
    memo: str | None = None
    actor_id: str | None = None


class OneJournalOut(JournalOut):
    """A journal, and the one that took it back."""

    reversed_by: str | None


class DecisionOut(BaseModel):
    """What somebody decided, when and why."""

    approved: bool
    by: str
    at: datetime
    note: str | None = None


class ReversalOut(_Stored):
    """A request to take a journal back; it has the journal's id."""

    requested_by: str
    reason: str
    state: ReversalState
    decision: DecisionOut | None = None
    mirror_id: str | None = None


class BothNamesOut(BaseModel):
    """A name in both languages."""

    ar: str
    en: str


class RuleOut(_Stored):
    """A commission rule; rates in hundredths of a percent."""

    name: BothNamesOut
    scope: RuleScope
    scope_id: str | None = None
    rank: int
    platform_bp: int
    delivery_bp: int
    payment_bp: int
    least: MoneyOut | None = None
    most: MoneyOut | None = None
    is_active: bool
    valid_from: datetime
    valid_until: datetime | None = None
    created_by: str | None = None
