"""Documents of the ledger as JSON: what an owner sees, and what an admin sees."""

from typing import Any

from daraa.collections.commission_rules import CommissionRule
from daraa.collections.commissions import Commission
from daraa.collections.journal_reversals import JournalReversal
from daraa.collections.journals import Journal
from daraa.collections.wallet_transactions import WalletTransaction, WalletTransactionStatus
from daraa.collections.wallets import Wallet
from daraa.collections.withdrawals import Withdrawal
from daraa.declare.document import Document
from daraa.kernel.languages import Language
from daraa.kernel.money import Money

BALANCE = {
    WalletTransactionStatus.COMPLETED: "available",
    WalletTransactionStatus.PENDING: "pending",
    WalletTransactionStatus.HELD: "held",
}


def money(amount: Money) -> dict[str, Any]:
    """An amount as it is shown everywhere."""
    return {"amount": amount.amount, "currency": amount.currency}


def wallet(one: Wallet) -> dict[str, Any]:
    """What its owner sees."""
    balances = {
        name: {"amount": amount, "currency": one.currency}
        for name, amount in (("available", one.available), ("pending", one.pending), ("held", one.held))
    }
    return {"id": one.id, "kind": one.kind.value, "status": one.status.value, **balances}


def wallet_for_admin(one: Wallet) -> dict[str, Any]:
    """With its owner, its limit and why it is frozen."""
    frozen = one.freeze.model_dump(mode="json") if one.freeze else None
    limit = {"amount": one.overdraft_limit, "currency": one.currency}
    return {**wallet(one), "owner_id": one.owner_id, "overdraft_limit": limit, "freeze": frozen, "ver": one.ver}


def entry(line: WalletTransaction, language: Language) -> dict[str, Any]:
    """One line of a statement."""
    return {
        "id": line.id,
        "seq": line.seq,
        "type": line.type.value,
        "balance": BALANCE[line.status],
        "amount": money(line.amount),
        "balance_before": money(line.balance_before),
        "balance_after": money(line.balance_after),
        "journal_id": line.journal_id,
        "order_id": line.order_id,
        "description": getattr(line.description, language) if line.description else None,
        "created_at": line.created_at,
    }


def earning(row: Commission) -> dict[str, Any]:
    """What a store earned on one order: the goods less what the platform took of them."""
    return {
        "order_id": row.order_id,
        "goods": money(row.base),
        "commission": money(row.amount),
        "earned": money(row.base - row.amount),
        "rate_bp": row.rate_bp,
        "status": row.status.value,
        "due_at": row.due_at,
        "earned_at": row.earned_at,
    }


def withdrawal(one: Withdrawal) -> dict[str, Any]:
    """What its owner sees: not who decided, but what and why."""
    return {
        "id": one.id,
        "wallet_id": one.wallet_id,
        "amount": money(one.amount),
        "destination": one.destination,
        "state": one.state.value,
        "bank_reference": one.bank_reference,
        "reason": one.decision.note if one.decision else None,
        "created_at": one.created_at,
        "decided_at": one.decision.at if one.decision else None,
    }


def withdrawal_for_admin(one: Withdrawal) -> dict[str, Any]:
    """With who asked and who decided."""
    decided_by = one.decision.by if one.decision else None
    return {**withdrawal(one), "owner_id": one.owner_id, "requested_by": one.requested_by, "decided_by": decided_by}


def whole(document: Document | Journal | JournalReversal | CommissionRule) -> dict[str, Any]:
    """Everything, for admins: these hold nothing personal."""
    return document.model_dump(mode="json", exclude={"schema_v"}, exclude_none=True)
