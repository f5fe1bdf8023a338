"""What wallets take over HTTP; whole minor units above zero, nothing unknown, nothing coerced."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from daraa.collections.commission_rules import RuleScope
from daraa.collections.commissions import CommissionStatus
from daraa.collections.journal_reversals import ReversalState
from daraa.collections.withdrawals import WithdrawalState
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.money import CURRENCY_PATTERN, Money
from daraa.market.http import Input, MoneyOut
from daraa.market.paging import PageParameters
from daraa.market.texts import LINE_PATTERN, NameIn, Reason, Word

MOST_AT_ONCE = 100_000_000_000
"""Minor units that one request may move: a thousand million pounds. Larger sums are somebody's typing mistake."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=LINE_PATTERN)]
Rate = Annotated[int, Field(strict=True, ge=0, le=10_000, description="Hundredths of a percent.")]


class Sum(Input):
    """An amount of whole minor units above zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MOST_AT_ONCE)]
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)]

    def money(self) -> Money:
        """The same as the kernel's Money."""
        return Money(amount=self.amount, currency=self.currency)


class TopUpIn(Input):
    """How much is to be taken from the card."""

    amount: Sum


class TransferIn(Input):
    """To exactly one of a phone number and a wallet."""

    to_phone: Annotated[str | None, Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164.")] = None
    to_wallet: Annotated[str | None, Field(pattern=ID_PATTERN)] = None
    amount: Sum
    note: Text | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.to_phone is None) == (self.to_wallet is None):
            raise ValueError("give exactly one of to_phone and to_wallet")
        return self


class WithdrawalIn(Input):
    """How much is to be paid out, and where: a bank account, or an office and a name."""

    amount: Sum
    destination: Annotated[str, StringConstraints(min_length=4, max_length=120, pattern=LINE_PATTERN)]
    note: Text | None = None


class ReasonIn(Input):
    """Why."""

    reason: Reason


class SettleIn(Input):
    """The bank's reference of the payment that was made."""

    bank_reference: Word
    note: Text | None = None


class RuleIn(Input):
    """A new rule, or with `replaces` a new version that ends an old one at the moment it begins."""

    name: NameIn
    scope: RuleScope
    scope_id: Annotated[str | None, Field(pattern=ID_PATTERN, description="The store or the kind of stores.")] = None
    rank: Annotated[int, Field(strict=True, ge=0, le=10_000, description="Lower ranks are asked first.")] = 100
    platform_bp: Rate
    delivery_bp: Rate = 0
    payment_bp: Rate = 0
    least: Sum | None = None
    most: Sum | None = None
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    replaces: Annotated[str | None, Field(pattern=ID_PATTERN)] = None


class OneWallet(PageParameters):
    """Which of the wallets; without a currency the only or first one."""

    currency: Annotated[
        str | None, Field(pattern=CURRENCY_PATTERN, description="Which wallet; that of the own currency if not given.")
    ] = None


class ListEarnings(PageParameters):
    """Earnings of one status."""

    status: Annotated[CommissionStatus, Field(description="Those in this state.")] = CommissionStatus.ACCRUED


class ListWithdrawals(PageParameters):
    """Withdrawals of one state."""

    state: Annotated[WithdrawalState, Field(description="Those in this state.")] = WithdrawalState.REQUESTED


class ListReversals(PageParameters):
    """Requests of one state."""

    state: Annotated[ReversalState, Field(description="Those in this state.")] = ReversalState.REQUESTED


class WalletOut(BaseModel):
    """A wallet: what may be spent, what comes when return windows end, what waits to be paid out."""

    id: str
    kind: str
    status: str
    available: MoneyOut
    pending: MoneyOut
    held: MoneyOut


class EntryOut(BaseModel):
    """One line of a statement; `balance` names which of the balances moved."""

    id: str
    seq: int
    type: str
    balance: str
    amount: MoneyOut
    balance_before: MoneyOut
    balance_after: MoneyOut
    journal_id: str
    order_id: str | None
    description: str | None
    created_at: datetime


class EarningOut(BaseModel):
    """What a store earned on one order."""

    order_id: str
    goods: MoneyOut
    commission: MoneyOut
    earned: MoneyOut
    rate_bp: int
    status: str
    due_at: datetime
    earned_at: datetime | None


class WithdrawalOut(BaseModel):
    """A withdrawal and what became of it."""

    id: str
    wallet_id: str
    amount: MoneyOut
    destination: str
    state: str
    bank_reference: str | None
    reason: str | None
    created_at: datetime
    decided_at: datetime | None


class TransferOut(BaseModel):
    """A transfer that was made, as its sender sees it."""

    id: str
    journal_id: str
    amount: MoneyOut
    available: MoneyOut
    created_at: datetime


class TopUpOut(BaseModel):
    """The payment intent that the customer confirms now."""

    intent_id: str
    wallet_id: str
    amount: MoneyOut
    status: str
    expires_at: datetime
