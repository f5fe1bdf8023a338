"""From postings to documents, without a database: balanced journals, what each wallet must bear, and its lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daraa.collections.journals import Entry, Journal, JournalKind
from daraa.collections.wallet_transactions import WalletTransaction, WalletTransactionStatus
from daraa.collections.wallets import Wallet, WalletStatus
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.wallets.postings import AVAILABLE, HELD, PENDING, Posting, Side

BALANCES: dict[WalletTransactionStatus, str] = {AVAILABLE: "available", PENDING: "pending", HELD: "held"}


@dataclass(slots=True)
class Balance:
    """How one balance of a wallet moves: in all, and how far below its start on the way."""

    change: int = 0
    lowest: int = 0

    def add(self, amount: int) -> None:
        """One more line."""
        self.change += amount
        self.lowest = min(self.lowest, self.change)


@dataclass(slots=True)
class Movement:
    """Everything that one call does to one wallet: one guarded update, with lines in the order they were posted."""

    wallet_id: str
    currency: str
    steps: list[tuple[Journal, int, Side]] = field(default_factory=list)
    balances: dict[WalletTransactionStatus, Balance] = field(
        default_factory=lambda: {each: Balance() for each in BALANCES}
    )

    @property
    def needs_active(self) -> bool:
        """True when money may leave, which a frozen wallet refuses: a debit of what is available, or a loss in all.

        A release or a returned withdrawal is none; and what two admins take back they may take from a frozen wallet.
        """
        left: dict[str, int] = {}
        for journal, _, side in self.steps:
            if journal.kind is not JournalKind.REVERSE:
                if side.amount < 0 and side.balance is AVAILABLE:
                    return True
                left[journal.id] = left.get(journal.id, 0) + side.amount
        return any(amount < 0 for amount in left.values())

    def add(self, journal: Journal, number: int, side: Side) -> None:
        """One more line of a journal; ValueError when it is in another currency than those before."""
        if journal.entries[number].amount.currency != self.currency:
            raise ValueError(f"{journal.business_key} moves a wallet in two currencies")
        self.steps.append((journal, number, side))
        self.balances[side.balance].add(side.amount)

    def guard(self) -> dict[str, Any]:
        """What must be true of the wallet: state, currency, and enough in every balance at every step."""
        states = (WalletStatus.ACTIVE,) if self.needs_active else (WalletStatus.ACTIVE, WalletStatus.FROZEN)
        where: dict[str, Any] = {"id": self.wallet_id, "currency": self.currency, "status": {"$in": states}}
        for status in (PENDING, HELD):
            if self.balances[status].lowest < 0:
                where[BALANCES[status]] = {"$gte": -self.balances[status].lowest}
        lowest = self.balances[AVAILABLE].lowest
        if lowest < 0:
            # An expression is sent as it is, in database names.
            where["$expr"] = {"$gte": [{"$add": ["$available", "$overdraftLimit"]}, -lowest]}
        return where

    def change(self, now: datetime) -> dict[str, Any]:
        """The update that goes with the guard."""
        moved = {BALANCES[status]: each.change for status, each in self.balances.items() if each.change}
        return {"$inc": {**moved, "last_seq": len(self.steps), "ver": 1}, "$set": {"updated_at": now}}

    def lines(self, after: Wallet, actor_id: str | None, now: datetime) -> list[WalletTransaction]:
        """The wallet's new lines; their balances are counted back from what the update itself returned."""
        running = {status: getattr(after, name) - self.balances[status].change for status, name in BALANCES.items()}
        first = after.last_seq - len(self.steps) + 1
        made = []
        for seq, (journal, number, side) in enumerate(self.steps, first):
            before, running[side.balance] = running[side.balance], running[side.balance] + side.amount
            made.append(_line(after, seq, journal, number, side, before, actor_id, now))
        return made


def _line(
    wallet: Wallet,
    seq: int,
    journal: Journal,
    number: int,
    side: Side,
    before: int,
    actor_id: str | None,
    now: datetime,
) -> WalletTransaction:
    if side.type is None:
        raise ValueError(f"{journal.business_key}: entry {number} moves a wallet without saying why")
    said = journal.memo if journal.kind is JournalKind.TRANSFER else None
    return WalletTransaction(
        id=new_id("wtx"),
        wallet_id=wallet.id,
        owner_id=wallet.owner_id,
        seq=seq,
        type=side.type,
        status=side.balance,
        amount=Money(amount=side.amount, currency=wallet.currency),
        balance_before=Money(amount=before, currency=wallet.currency),
        balance_after=Money(amount=before + side.amount, currency=wallet.currency),
        journal_id=journal.id,
        line=number,
        order_id=journal.order_id,
        payment_id=journal.payment_id,
        description=Localized(ar=said, en=said) if said else None,
        performed_by=actor_id,
        **stamp(now),
    )


def journal_of(posting: Posting, actor_id: str | None, now: datetime) -> Journal:
    """The journal of a posting; ValueError when its sides do not sum to zero: a fault of the builder, not of input."""
    sides = posting.moving
    if sum(side.amount for side in sides) or len(sides) < 2:
        raise ValueError(f"{posting.business_key} does not balance: {sides}")
    return Journal(
        id=new_id("jrn"),
        business_key=posting.business_key,
        kind=posting.kind,
        entries=tuple(
            Entry(
                account=side.account,
                amount=Money(amount=side.amount, currency=posting.currency),
                wallet_id=side.wallet_id,
            )
            for side in sides
        ),
        order_id=posting.order_id,
        payment_id=posting.payment_id,
        refund_id=posting.refund_id,
        reverses=posting.reverses,
        memo=posting.memo,
        actor_id=actor_id,
        **stamp(now),
    )


def movements(posted: Sequence[tuple[Posting, Journal]]) -> list[Movement]:
    """What each wallet must bear, in the order in which wallets are always locked: by id."""
    found: dict[str, Movement] = {}
    for posting, journal in posted:
        for number, side in enumerate(posting.moving):
            if side.wallet_id is not None:
                one = found.setdefault(side.wallet_id, Movement(side.wallet_id, posting.currency))
                one.add(journal, number, side)
    return [found[wallet_id] for wallet_id in sorted(found)]
