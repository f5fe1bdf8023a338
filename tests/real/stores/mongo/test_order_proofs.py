"""The proofs of orders run on a real server: silent on a small sound market, and each finds what breaks it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from daraa.collections import by_name
from daraa.collections.order_proofs import ORDER_PROOFS
from daraa.kernel.checks import CheckState
from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.client import make_client
from daraa.stores.mongo.proofs import prove, violations
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
Raw = dict[str, Any]
NOW = "2026-11-23"


def money(amount: int) -> Raw:
    return {"amount": amount, "currency": "SYP"}


def journal(number: int, kind: str, refs: Raw, entries: dict[str, int]) -> Raw:
    sides = [{"account": account, "amount": money(amount)} for account, amount in entries.items()]
    return {"_id": f"j{number}", "kind": kind, "entries": sides, **refs}


def movement(number: int, kind: str, line: str, order: str, quantity: int) -> Raw:
    return {
        "_id": f"m{number}", "inventoryId": "inv", "kind": kind, "orderLineId": line, "orderId": order,
        "quantity": quantity,
    }  # fmt: skip


SOUND: dict[str, list[Raw]] = {
    "orders": [
        {
            "_id": "o1", "orderStatus": "delivered", "groupId": "g", "totals": {"total": money(95)},
            "items": [{"id": "l1", "quantity": 1}],
        },
        {
            "_id": "o2", "orderStatus": "confirmed", "groupId": "g", "totals": {"total": money(50)},
            "items": [{"id": "l2", "quantity": 2}, {"id": "l3", "quantity": 1}],
        },
        {
            "_id": "o3", "orderStatus": "pending", "groupId": "g", "totals": {"total": money(20)},
            "items": [{"id": "l4", "quantity": 4}],
        },
    ],
    "order_groups": [
        {
            "_id": "g",
            "allocations": [
                {"orderId": order, "total": money(total)} for order, total in (("o1", 95), ("o2", 50), ("o3", 20))
            ],
        }
    ],
    "payments": [
        {
            "_id": "p1", "orderId": "o1", "amount": money(95), "refundable": money(95), "completedAt": NOW,
            "cashState": "collected", "courierId": "c", "parts": [{"method": "cash", "amount": money(95)}],
        },
        {
            "_id": "p2", "orderId": "o2", "amount": money(50), "refundable": money(50),
            "parts": [{"method": "wallet", "amount": money(50)}],
        },
        {
            "_id": "p3", "orderId": "o3", "amount": money(20), "refundable": money(0), "cashState": "due",
            "parts": [{"method": "cash", "amount": money(20)}],
        },
    ],
    "outbox_events": [
        {"_id": "e1", "aggregateId": "o3", "sequence": 1, "state": "pending"},
        {"_id": "e2", "aggregateId": "o2", "sequence": 1, "state": "delivered"},
    ],
    "inventories": [{"_id": "inv", "allocated": 3}, {"_id": "empty", "allocated": 0}],
    "stock_movements": [
        movement(1, "allocate", "l1", "o1", 1), movement(2, "ship", "l1", "o1", 1),
        movement(3, "allocate", "l2", "o2", 2), movement(4, "allocate", "l3", "o2", 1),
        {"_id": "m5", "inventoryId": "inv", "kind": "receive", "quantity": 9},
    ],
    "commissions": [
        {"_id": "k1", "orderId": "o1", "kind": "platform", "journalId": "j2"},
        {"_id": "k2", "orderId": "o1", "kind": "delivery", "journalId": "j2"},
    ],
    "journals": [
        journal(1, "cod", {"orderId": "o1"}, {"custody:c": -95, "escrow:o1": 95}),
        journal(2, "close", {"orderId": "o1"}, {"escrow:o1": -95, "store_pending:s": 86, "rev_commission": 9}),
        journal(3, "pay", {"orderId": "o2"}, {"wallet:w": -60, "escrow:o2": 60}),
        journal(4, "refund", {"orderId": "o2", "refundId": "r"}, {"escrow:o2": -10, "wallet:w": 10}),
    ],
    "courier_profiles": [{"_id": "c", "cashHeld": money(95)}, {"_id": "d", "cashHeld": money(0)}],
    "refunds": [{"_id": "r", "status": "done"}, {"_id": "asked", "status": "requested"}],
}  # fmt: skip

Break = tuple[str, Raw, Raw]
WRONG: dict[str, tuple[Break, ...]] = {
    "stock.allocated": (
        ("inventories", {"_id": "inv"}, {"$inc": {"allocated": 1}}),
        ("stock_movements", {"_id": "m4"}, {"$set": {"kind": "adjust"}}),
    ),
    "stock.open_lines": (
        ("stock_movements", {"_id": "m3"}, {"$set": {"quantity": 1}}),
        ("orders", {"_id": "o2"}, {"$set": {"orderStatus": "delivered"}}),
        ("outbox_events", {"_id": "e1"}, {"$set": {"state": "delivered"}}),
    ),
    "orders.payment": (
        ("orders", {"_id": "o1"}, {"$set": {"totals.total.amount": 96}}),
        ("payments", {"_id": "p2"}, {"$set": {"orderId": "o1"}}),
    ),
    "orders.allocation": (
        ("orders", {"_id": "o3"}, {"$set": {"totals.total.amount": 21}}),
        ("orders", {"_id": "o3"}, {"$set": {"groupId": "lost"}}),
    ),
    "orders.commission_once": (
        ("commissions", {"_id": "k2"}, {"$set": {"kind": "platform"}}),
        ("commissions", {"_id": "k1"}, {"$unset": {"journalId": 1}}),
    ),
    "journals.closings": (
        ("journals", {"_id": "j3"}, {"$set": {"kind": "close", "orderId": "o1"}}),
        ("commissions", {"_id": "k1"}, {"$set": {"orderId": "o2"}}),
    ),
    "journals.escrow": (
        ("journals", {"_id": "j2"}, {"$set": {"entries.0.amount.amount": -94}}),
        ("payments", {"_id": "p2"}, {"$set": {"completedAt": NOW}}),
    ),
    "journals.custody": (
        ("journals", {"_id": "j1"}, {"$set": {"entries.0.account": "custody:d"}}),
        ("payments", {"_id": "p1"}, {"$set": {"cashState": "remitted"}}),
    ),
    "couriers.cash_held": (
        ("courier_profiles", {"_id": "d"}, {"$set": {"cashHeld.amount": 1}}),
        ("payments", {"_id": "p1"}, {"$set": {"parts.0.amount.amount": 94}}),
    ),
    "refunds.journal": (
        ("refunds", {"_id": "asked"}, {"$set": {"status": "approved"}}),
        ("journals", {"_id": "j3"}, {"$set": {"kind": "refund", "refundId": "r"}}),
    ),
}
CASES = [(name, number) for name, breaks in WRONG.items() for number in range(len(breaks))]


@pytest.fixture
async def market(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    settings = MongoSettings(url=f"mongodb://{mongo_server.host}:{mongo_server.port}", database="orderproofs")
    client = make_client(settings, mongo_server.admin_user, mongo_server.admin_password, app_name="test")
    mongo = Mongo(client, settings, Capabilities())
    try:
        for name, documents in SOUND.items():
            await mongo.collection(by_name(name)).delete_many({})
            await mongo.collection(by_name(name)).insert_many([dict(each) for each in documents])
        yield mongo
    finally:
        await mongo.close()


async def test_the_proofs_of_orders_are_silent_on_sound_data(market: Mongo) -> None:
    checks = await prove(market, ORDER_PROOFS)
    assert {check.name: check.evidence for check in checks if check.state is not CheckState.OK} == {}
    assert set(WRONG) == {proof.name for proof in ORDER_PROOFS}


@pytest.mark.parametrize(("name", "number"), CASES)
async def test_each_proof_of_orders_finds_what_breaks_it(market: Mongo, name: str, number: int) -> None:
    proof = next(each for each in ORDER_PROOFS if each.name == name)
    collection, where, change = WRONG[name][number]
    assert (await market.collection(by_name(collection)).update_one(where, change)).modified_count == 1
    assert [violation async for violation in violations(market, proof)]
    (check,) = await prove(market, [proof])
    assert check.state is CheckState.FAIL
