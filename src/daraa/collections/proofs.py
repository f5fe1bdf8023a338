"""The continuous proofs: what must be true of money, orders and stock at any moment, whoever wrote it last."""

from typing import Any

from daraa.collections.inventories import INVENTORIES
from daraa.collections.journals import JOURNALS
from daraa.collections.order_groups import ORDER_GROUPS
from daraa.collections.order_proofs import GIVEN_BACK, IN_ORDER, ORDER_PROOFS
from daraa.collections.orders import ORDERS
from daraa.collections.payments import PAYMENTS
from daraa.collections.refunds import REFUNDS
from daraa.collections.stock_movements import STOCK_MOVEMENTS
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS, WalletTransactionStatus
from daraa.collections.wallets import WALLETS
from daraa.declare.proof import Proof, Rows


def _where(expression: dict[str, Any]) -> dict[str, Any]:
    return {"$match": {"$expr": expression}}


def _differ(left: Any, right: Any) -> dict[str, Any]:
    return {"$ne": [left, right]}


def _each(array: Any, value: Any, name: str = "each") -> dict[str, Any]:
    """`value` of every element of the array, in which it is called `$$each`.

    Written out, because the embedded server reads `$items.total.amount` (a path through an array) as null.
    """
    return {"$map": {"input": array, "as": name, "in": value}}


def _sum(array: Any, value: str, name: str = "each") -> dict[str, Any]:
    return {"$sum": _each(array, value, name)}


def _money(status: WalletTransactionStatus) -> dict[str, Any]:
    return {"$sum": {"$cond": [{"$eq": ["$status", status.value]}, "$amount.amount", 0]}}


_ENTRIES_OF_CURRENCY = {
    "$filter": {"input": "$entries", "as": "entry", "cond": {"$eq": ["$$entry.amount.currency", "$$currency"]}}
}
_UNBALANCED_CURRENCIES = _each(
    {"$setUnion": [_each("$entries", "$$each.amount.currency"), []]},
    _differ(_sum(_ENTRIES_OF_CURRENCY, "$$each.amount.amount"), 0),
    "currency",
)
_LINE_TOTAL = {
    "$subtract": [
        {"$multiply": ["$$each.unitPrice.amount", "$$each.quantity"]},
        _sum("$$each.discounts", "$$off.amount.amount", "off"),
    ]
}
_SOME_MONEY = {"$match": {"$or": [{"available": {"$ne": 0}}, {"pending": {"$ne": 0}}, {"held": {"$ne": 0}}]}}

BOOK_PROOFS: tuple[Proof, ...] = (
    Proof(
        name="journals.balance",
        purpose="The entries of every journal sum to zero in each currency.",
        finds=Rows(JOURNALS, (_where({"$anyElementTrue": [_UNBALANCED_CURRENCIES]}), {"$project": {"entries": 1}})),
    ),
    Proof(
        name="journals.wallet_lines",
        purpose="Every journal entry on a wallet has its wallet line, and no wallet line is without its entry.",
        finds=Rows(
            JOURNALS,
            (
                IN_ORDER,
                {"$project": {"entries": {"$filter": {"input": "$entries", "as": "each", "cond": "$$each.walletId"}}}},
                {"$match": {"entries.0": {"$exists": True}}},
                {"$project": {"lines": {"$size": "$entries"}, "amount": _sum("$entries", "$$each.amount.amount")}},
            ),
        ),
        against=Rows(
            WALLET_TRANSACTIONS,
            ({"$group": {"_id": "$journalId", "lines": {"$sum": 1}, "amount": {"$sum": "$amount.amount"}}}, IN_ORDER),
        ),
    ),
    Proof(
        name="wallets.balance",
        purpose="What a wallet says it has is the sum of its lines.",
        finds=Rows(WALLETS, (IN_ORDER, _SOME_MONEY, {"$project": {"available": 1, "pending": 1, "held": 1}})),
        against=Rows(
            WALLET_TRANSACTIONS,
            (
                {
                    "$group": {
                        "_id": "$walletId",
                        "available": _money(WalletTransactionStatus.COMPLETED),
                        "pending": _money(WalletTransactionStatus.PENDING),
                        "held": _money(WalletTransactionStatus.HELD),
                    }
                },
                _SOME_MONEY,
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="wallets.lines_chain",
        purpose="Every wallet line leads from the balance before it to the balance after it.",
        finds=Rows(
            WALLET_TRANSACTIONS,
            (_where(_differ({"$add": ["$balanceBefore.amount", "$amount.amount"]}, "$balanceAfter.amount")),),
        ),
    ),
    Proof(
        name="stock.on_hand",
        purpose="Stock on hand is what is available, held and allocated, and held is the sum of its holds.",
        finds=Rows(
            INVENTORIES,
            (
                _where(
                    {
                        "$or": [
                            _differ("$onHand", {"$add": ["$available", "$held", "$allocated"]}),
                            _differ("$held", _sum("$holds", "$$each.quantity")),
                        ]
                    }
                ),
            ),
        ),
    ),
    Proof(
        name="stock.movements",
        purpose="Stock on hand is the sum of its movements.",
        finds=Rows(INVENTORIES, (IN_ORDER, {"$match": {"onHand": {"$ne": 0}}}, {"$project": {"onHand": 1}})),
        against=Rows(
            STOCK_MOVEMENTS,
            (
                {"$group": {"_id": "$inventoryId", "onHand": {"$sum": "$deltaOnHand"}}},
                {"$match": {"onHand": {"$ne": 0}}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="orders.total",
        purpose="An order's total is its lines less discount, plus delivery, tax and cash rounding.",
        finds=Rows(
            ORDERS,
            (
                _where(
                    {
                        "$or": [
                            {"$anyElementTrue": [_each("$items", _differ("$$each.total.amount", _LINE_TOTAL))]},
                            _differ(
                                _sum("$items", "$$each.total.amount"),
                                {"$subtract": ["$totals.goods.amount", "$totals.discount.amount"]},
                            ),
                            _differ(
                                "$totals.total.amount",
                                {
                                    "$add": [
                                        _sum("$items", "$$each.total.amount"),
                                        "$totals.delivery.amount",
                                        "$totals.tax.amount",
                                        "$totals.cashRounding.amount",
                                    ]
                                },
                            ),
                        ]
                    }
                ),
                {"$project": {"items.total": 1, "totals": 1}},
            ),
        ),
    ),
    Proof(
        name="order_groups.allocations",
        purpose="A checkout's total is the sum of what its orders bear.",
        finds=Rows(
            ORDER_GROUPS, (_where(_differ("$totals.total.amount", _sum("$allocations", "$$each.total.amount"))),)
        ),
    ),
    Proof(
        name="payments.parts",
        purpose="The parts of a payment sum to its amount.",
        finds=Rows(PAYMENTS, (_where(_differ("$amount.amount", _sum("$parts", "$$each.amount.amount"))),)),
    ),
    Proof(
        name="refunds.captured",
        purpose="No more is given back on a payment than was captured.",
        finds=Rows(
            REFUNDS,
            (
                {"$match": {"status": {"$in": GIVEN_BACK}}},
                {"$group": {"_id": "$paymentId", "refunded": {"$sum": "$amount.amount"}}},
                {"$lookup": {"from": PAYMENTS.db_name, "localField": "_id", "foreignField": "_id", "as": "payment"}},
                {"$unwind": "$payment"},  # an archived payment was proved when it was archived
                _where({"$gt": ["$refunded", "$payment.captured.amount"]}),
                {"$project": {"refunded": 1, "captured": "$payment.captured.amount"}},
            ),
        ),
    ),
)

PROOFS: tuple[Proof, ...] = (*BOOK_PROOFS, *ORDER_PROOFS)
