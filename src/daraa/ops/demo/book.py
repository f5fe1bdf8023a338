"""The ledger of one cell while it is made: every posting balances, and each wallet's lines follow one another."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from daraa.ops.demo.chance import Source
from daraa.ops.demo.rows import CURRENCY, Row, Rows, money, row


class Entry(NamedTuple):
    """One side of a journal. `wallet` names the wallet it moves ("" for none), `type` and `status` its line's words."""

    account: str
    amount: int
    wallet: str = ""
    type: str = ""
    status: str = "completed"


class Posted(NamedTuple):
    """A journal's id and, by wallet, the id of the last line it wrote there."""

    journal: str
    lines: dict[str, str]


@dataclass(slots=True)
class WalletState:
    """What a wallet holds now, in minor units."""

    id: str
    owner: str
    kind: str
    opened: datetime
    is_frozen: bool = False
    available: int = 0
    pending: int = 0
    last_seq: int = 0


class Book:
    """Posts journals in the order of time and keeps the balances of the wallets opened in it."""

    def __init__(self, source: Source, rows: Rows) -> None:
        self.source = source
        self.rows = rows
        self.wallets: dict[str, WalletState] = {}

    def open(self, wallet: WalletState) -> None:
        """Start a wallet at zero."""
        self.wallets[wallet.id] = wallet

    def post(
        self, kind: str, key: str, at: datetime, entries: list[Entry], *, currency: str = CURRENCY, **refs: str
    ) -> Posted:
        """Write one journal with its wallet lines. Entries that move nothing are left out.

        ValueError when the rest does not sum to zero: that is a fault of the generator, never of its input.
        """
        moving = [entry for entry in entries if entry.amount]
        if sum(entry.amount for entry in moving) or len(moving) < 2:
            raise ValueError(f"{kind} {key} does not balance: {entries}")
        business_key = f"{kind}:{key}"
        journal = self.source.id("jrn", at, business_key)
        self.rows["journals"].append(
            row(journal, at)
            | {"businessKey": business_key, "kind": kind, "entries": _entries(moving, currency), **refs}
        )
        lines = {
            entry.wallet: self._line(entry, number, journal, at, business_key, refs)
            for number, entry in enumerate(moving)
            if entry.wallet
        }
        return Posted(journal, lines)

    def _line(self, entry: Entry, number: int, journal: str, at: datetime, key: str, refs: dict[str, str]) -> str:
        wallet = self.wallets[entry.wallet]
        wallet.last_seq += 1
        if entry.status == "pending":
            before, wallet.pending = wallet.pending, wallet.pending + entry.amount
        else:
            before, wallet.available = wallet.available, wallet.available + entry.amount
        if before + entry.amount < 0:
            raise ValueError(f"{key} overdraws {entry.account}")
        id_ = self.source.id("wtx", at, f"{key}:{number}")
        self.rows["wallet_transactions"].append(
            row(id_, at)
            | {"walletId": wallet.id, "ownerId": wallet.owner, "seq": wallet.last_seq, "type": entry.type}
            | {"status": entry.status, "amount": money(entry.amount), "balanceBefore": money(before)}
            | {"balanceAfter": money(before + entry.amount), "journalId": journal, "line": number}
            | {name: ref for name, ref in refs.items() if name in ("orderId", "paymentId")}
        )
        return id_

    def close(self, frozen_by: str) -> None:
        """Write the wallets with the balances that their lines led to."""
        for wallet in self.wallets.values():
            written = row(wallet.id, wallet.opened) | {
                "ownerId": wallet.owner,
                "kind": wallet.kind,
                "currency": CURRENCY,
                "available": wallet.available,
                "pending": wallet.pending,
                "held": 0,
                "overdraftLimit": 0,
                "lastSeq": wallet.last_seq,
                "status": "frozen" if wallet.is_frozen else "active",
            }
            if wallet.is_frozen:
                reason = "بلاغ عن ضياع الهاتف"
                written["freeze"] = {"at": self.source.days_ago(0), "by": frozen_by, "reason": reason}
            self.rows["wallets"].append(written)


def _entries(moving: list[Entry], currency: str) -> list[Row]:
    return [
        {"account": entry.account, "amount": money(entry.amount, currency)}
        | ({"walletId": entry.wallet} if entry.wallet else {})
        for entry in moving
    ]
