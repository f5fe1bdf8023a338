"""The continuous proofs of what orders do to money, cash and stock (market.md §2); part of `proofs.PROOFS`."""

from typing import Any

from daraa.collections.commissions import COMMISSIONS, CommissionKind
from daraa.collections.courier_profiles import COURIER_PROFILES
from daraa.collections.inventories import INVENTORIES
from daraa.collections.journals import JOURNALS, JournalKind
from daraa.collections.order_groups import ORDER_GROUPS
from daraa.collections.order_parts import PaymentMethod
from daraa.collections.orders import OPEN, ORDERS, OrderStatus
from daraa.collections.outbox_events import OUTBOX_EVENTS, OutboxState
from daraa.collections.payments import PAYMENTS, CashState
from daraa.collections.refunds import REFUNDS, RefundStatus
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind
from daraa.declare.collection import Collection
from daraa.declare.proof import Proof, Rows

Stage = dict[str, Any]
IN_ORDER: Stage = {"$sort": {"_id": 1}}
GIVEN_BACK = [RefundStatus.APPROVED.value, RefundStatus.SENT.value, RefundStatus.DONE.value]


def _lookup(collection: Collection[Any], local: str, foreign: str, name: str) -> Stage:
    return {"$lookup": {"from": collection.db_name, "localField": local, "foreignField": foreign, "as": name}}


def _kept(array: Any, condition: Stage) -> Stage:
    return {"$filter": {"input": array, "as": "each", "cond": condition}}


def _by_account(prefix: str) -> tuple[Stage, ...]:
    """The balance of every ledger account `prefix:<id>` that is not zero, by that id."""
    mine = {"$match": {"entries.account": {"$regex": f"^{prefix}:"}}}
    return (
        mine,
        {"$unwind": "$entries"},
        mine,
        {
            "$group": {
                "_id": {"$arrayElemAt": [{"$split": ["$entries.account", ":"]}, 1]},
                "amount": {"$sum": "$entries.amount.amount"},
            }
        },
        {"$match": {"amount": {"$ne": 0}}},
        IN_ORDER,
    )


_NOT_SETTLED = (
    # An order whose events still wait for the relay is on its way; the proof looks at it once they are delivered.
    _lookup(OUTBOX_EVENTS, "orderId", "aggregateId", "events"),
    {"$match": {"events.state": {"$ne": OutboxState.PENDING.value}}},
)
_RESERVED = {
    "$sum": {
        "$switch": {
            "branches": [
                {"case": {"$eq": ["$kind", MovementKind.ALLOCATE.value]}, "then": "$quantity"},
                {
                    "case": {"$in": ["$kind", [MovementKind.UNALLOCATE.value, MovementKind.SHIP.value]]},
                    "then": {"$multiply": ["$quantity", -1]},
                },
            ],
            "default": 0,
        }
    }
}
_CASH = {
    "$sum": {
        "$map": {
            "input": _kept("$parts", {"$eq": ["$$each.method", PaymentMethod.CASH.value]}),
            "as": "each",
            "in": "$$each.amount.amount",
        }
    }
}
_CUSTODY = (
    {"$match": {"cashState": CashState.COLLECTED.value, "courierId": {"$exists": True}}},
    {"$group": {"_id": "$courierId", "amount": {"$sum": _CASH}}},
)

ORDER_PROOFS: tuple[Proof, ...] = (
    Proof(
        name="stock.allocated",
        purpose="What is allocated is what was allocated less what was shipped or given back.",
        finds=Rows(INVENTORIES, (IN_ORDER, {"$match": {"allocated": {"$ne": 0}}}, {"$project": {"allocated": 1}})),
        against=Rows(
            STOCK_MOVEMENTS,
            (
                {"$group": {"_id": "$inventoryId", "allocated": _RESERVED}},
                {"$match": {"allocated": {"$ne": 0}}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="stock.open_lines",
        purpose="Every line of an open order has its pieces set aside, and nothing else is set aside.",
        finds=Rows(
            ORDERS,
            (
                {"$match": {"orderStatus": {"$in": [status.value for status in OPEN.values]}}},
                {"$project": {"orderId": "$_id", "items.id": 1, "items.quantity": 1}},
                *_NOT_SETTLED,
                {"$unwind": "$items"},
                {"$project": {"_id": "$items.id", "quantity": "$items.quantity"}},
                IN_ORDER,
            ),
        ),
        against=Rows(
            STOCK_MOVEMENTS,
            (
                {"$match": {"orderLineId": {"$exists": True}}},
                {"$group": {"_id": "$orderLineId", "orderId": {"$first": "$orderId"}, "quantity": _RESERVED}},
                {"$match": {"quantity": {"$ne": 0}}},
                *_NOT_SETTLED,
                {"$project": {"quantity": 1}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="orders.payment",
        purpose="Every order has one payment over exactly its total.",
        finds=Rows(ORDERS, (IN_ORDER, {"$project": {"amount": "$totals.total.amount", "payments": {"$literal": 1}}})),
        against=Rows(
            PAYMENTS,
            (
                {"$group": {"_id": "$orderId", "amount": {"$sum": "$amount.amount"}, "payments": {"$sum": 1}}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="orders.allocation",
        purpose="Every order bears the share of its checkout that the checkout says.",
        finds=Rows(
            ORDERS,
            (
                {"$project": {"groupId": 1, "total": "$totals.total.amount"}},
                _lookup(ORDER_GROUPS, "groupId", "_id", "group"),
                {"$unwind": {"path": "$group", "preserveNullAndEmptyArrays": True}},
                {"$project": {"total": 1, "shares": _kept("$group.allocations", {"$eq": ["$$each.orderId", "$_id"]})}},
                {
                    "$match": {
                        "$expr": {
                            "$ne": [["$total"], {"$map": {"input": "$shares", "as": "s", "in": "$$s.total.amount"}}]
                        }
                    }
                },
            ),
        ),
    ),
    Proof(
        name="orders.commission_once",
        purpose="Every delivered order has exactly one commission of the platform, settled by its closing.",
        finds=Rows(
            ORDERS,
            (
                {"$match": {"orderStatus": OrderStatus.DELIVERED.value}},
                {"$project": {"orderStatus": 1}},
                _lookup(COMMISSIONS, "_id", "orderId", "commissions"),
                {
                    "$project": {
                        "commissions": {
                            "$size": _kept(
                                "$commissions",
                                {
                                    "$and": [
                                        {"$eq": ["$$each.kind", CommissionKind.PLATFORM.value]},
                                        {"$gt": ["$$each.journalId", None]},
                                    ]
                                },
                            )
                        }
                    }
                },
                {"$match": {"commissions": {"$ne": 1}}},
            ),
        ),
    ),
    Proof(
        name="journals.closings",
        purpose="Escrow was closed once for every settled commission, and never without one.",
        finds=Rows(
            JOURNALS,
            (
                {"$match": {"kind": JournalKind.CLOSE.value}},
                {"$group": {"_id": "$orderId", "closings": {"$sum": 1}}},
                IN_ORDER,
            ),
        ),
        against=Rows(
            COMMISSIONS,
            (
                {"$match": {"kind": CommissionKind.PLATFORM.value, "journalId": {"$exists": True}}},
                {"$group": {"_id": "$orderId", "closings": {"$sum": 1}}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="journals.escrow",
        purpose="Escrow holds what was captured for orders that have not ended, and nothing else.",
        finds=Rows(JOURNALS, _by_account("escrow")),
        against=Rows(
            PAYMENTS,
            (
                {"$match": {"completedAt": {"$exists": False}, "refundable.amount": {"$ne": 0}}},
                {"$group": {"_id": "$orderId", "amount": {"$sum": "$refundable.amount"}}},
                IN_ORDER,
            ),
        ),
    ),
    Proof(
        name="journals.custody",
        purpose="The books say that each courier owes the cash collected and not yet remitted.",
        finds=Rows(JOURNALS, _by_account("custody")),
        against=Rows(
            PAYMENTS,
            (*_CUSTODY, {"$project": {"amount": {"$multiply": ["$amount", -1]}}}, IN_ORDER),
        ),
    ),
    Proof(
        name="couriers.cash_held",
        purpose="What a courier is said to carry is the cash collected and not yet remitted.",
        finds=Rows(
            COURIER_PROFILES,
            (IN_ORDER, {"$match": {"cashHeld.amount": {"$ne": 0}}}, {"$project": {"amount": "$cashHeld.amount"}}),
        ),
        against=Rows(PAYMENTS, (*_CUSTODY, IN_ORDER)),
    ),
    Proof(
        name="refunds.journal",
        purpose="Every refund (also one that the provider then refused) was posted once, and nothing else was.",
        finds=Rows(
            REFUNDS,
            (
                IN_ORDER,
                {"$match": {"status": {"$ne": RefundStatus.REQUESTED.value}}},
                {"$project": {"posted": {"$literal": 1}}},
            ),
        ),
        against=Rows(
            JOURNALS,
            (
                {"$match": {"kind": JournalKind.REFUND.value, "refundId": {"$exists": True}}},
                {"$group": {"_id": "$refundId", "posted": {"$sum": 1}}},
                IN_ORDER,
            ),
        ),
    ),
)
