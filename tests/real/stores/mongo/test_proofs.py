"""The proofs run on a real server: silent on sound data, and each finds the document that breaks it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.collections import by_name
from daraa.collections.inventories import Inventory
from daraa.collections.journals import Entry, Journal, JournalKind
from daraa.collections.order_groups import Allocation, OrderGroup
from daraa.collections.order_parts import OrderTotals, PaymentMethod
from daraa.collections.parts import Hold
from daraa.collections.payments import Payment, PaymentPart
from daraa.collections.proofs import BOOK_PROOFS
from daraa.collections.refunds import Refund, RefundMethod, RefundStatus
from daraa.collections.stock_movements import MovementKind, StockMovement
from daraa.collections.wallet_transactions import WalletTransaction, WalletTransactionStatus, WalletTransactionType
from daraa.collections.wallets import Wallet, WalletKind
from daraa.declare.document import stamp
from daraa.kernel.checks import CheckState
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.client import make_client
from daraa.stores.mongo.codec import encode
from daraa.stores.mongo.proofs import prove, violations
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
T = stamp(datetime(2026, 11, 1, tzinfo=UTC))
PAY, GRP, ORD, STO, CUS = (new_id(prefix) for prefix in ("pay", "grp", "ord", "sto", "acc"))
WAL, JRN, JRN_2 = new_id("wal"), new_id("jrn"), new_id("jrn")


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def line(journal: str, seq: int, status: WalletTransactionStatus, amount: int, before: int) -> WalletTransaction:
    return WalletTransaction(
        id=new_id("wtx"), **T, wallet_id=WAL, owner_id=CUS, seq=seq, type=WalletTransactionType.EARNING, status=status,
        amount=syp(amount), balance_before=syp(before), balance_after=syp(before + amount), journal_id=journal,
        line=seq % 2,
    )  # fmt: skip


def sound() -> dict[str, list[Any]]:
    """A little market whose books are right: 100 earned as pending, 70 of it released; stock, a checkout, a refund."""
    pending, completed = WalletTransactionStatus.PENDING, WalletTransactionStatus.COMPLETED
    totals = OrderTotals(
        goods=syp(90), discount=syp(5), delivery=syp(10), tax=syp(0), cash_rounding=syp(0), total=syp(95)
    )
    return {
        "journals": [
            Journal(
                id=JRN, **T, business_key="close:o1", kind=JournalKind.CLOSE,
                entries=(Entry(account="escrow:o1", amount=syp(-100)),
                         Entry(account=f"wallet:{WAL}", amount=syp(100), wallet_id=WAL)),
            ),
            Journal(
                id=JRN_2, **T, business_key="release:o1", kind=JournalKind.RELEASE,
                entries=(Entry(account=f"store_pending:{STO}", amount=syp(-70), wallet_id=WAL),
                         Entry(account=f"wallet:{WAL}", amount=syp(70), wallet_id=WAL)),
            ),
        ],
        "wallet_transactions": [
            line(JRN, 1, pending, 100, 0), line(JRN_2, 2, pending, -70, 100), line(JRN_2, 3, completed, 70, 0),
        ],
        "wallets": [
            Wallet(id=WAL, **T, owner_id=STO, kind=WalletKind.STORE, currency="SYP", available=70, pending=30),
            Wallet(id=new_id("wal"), **T, owner_id=CUS, kind=WalletKind.CUSTOMER, currency="SYP"),
        ],
        "inventories": [
            Inventory(
                id="inv-1", **T, store_id=STO, product_id=new_id("prd"), variant_id=new_id("var"), available=5, held=2,
                allocated=1, on_hand=8,
                holds=(Hold(attempt_id=new_id("att"), quantity=2, expires_at=T["created_at"]),),
            )
        ],
        "stock_movements": [
            StockMovement(
                id=new_id("smv"), **T, inventory_id="inv-1", store_id=STO, variant_id=new_id("var"), kind=kind,
                quantity=abs(delta), delta_on_hand=delta,
            )
            for kind, delta in ((MovementKind.RECEIVE, 10), (MovementKind.SHIP, -2))
        ],
        "order_groups": [
            OrderGroup(
                id=GRP, **T, number="G1", cart_id=new_id("crt"), attempt_id=new_id("att"), customer_id=CUS,
                totals=totals, allocations=(Allocation(order_id=ORD, store_id=STO, total=syp(95)),),
            )
        ],
        "payments": [
            Payment(
                id=PAY, **T, order_id=ORD, group_id=GRP, customer_id=CUS, store_id=STO, method=PaymentMethod.MIXED,
                parts=(PaymentPart(method=PaymentMethod.CASH, amount=syp(60)),
                       PaymentPart(method=PaymentMethod.WALLET, amount=syp(35))),
                amount=syp(95), captured=syp(95), refundable=syp(55),
            )
        ],
        "refunds": [
            Refund(
                id=new_id("ref"), **T, payment_id=PAY, order_id=ORD, customer_id=CUS, store_id=STO, amount=syp(40),
                method=RefundMethod.WALLET, reason="broken", status=RefundStatus.DONE, requested_by=CUS,
            )
        ],
        "orders": [],
    }  # fmt: skip


def order(**changes: Any) -> dict[str, Any]:
    """The parts of a stored order that its proof reads: two lines, one discounted."""
    amounts = {"goods": 90, "discount": 5, "delivery": 10, "tax": 0, "cashRounding": 0, "total": 95}
    money = {name: {"amount": amount, "currency": "SYP"} for name, amount in amounts.items()}
    items = [
        {"unitPrice": syp(20).model_dump(), "quantity": 2, "total": syp(35).model_dump(),
         "discounts": [{"sourceId": "off", "amount": syp(5).model_dump()}]},
        {"unitPrice": syp(50).model_dump(), "quantity": 1, "total": syp(50).model_dump(), "discounts": []},
    ]  # fmt: skip
    return {"_id": ORD, "items": items, "totals": money | changes}


@pytest.fixture
async def market(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    settings = MongoSettings(url=f"mongodb://{mongo_server.host}:{mongo_server.port}", database="proofs")
    client = make_client(settings, mongo_server.admin_user, mongo_server.admin_password, app_name="test")
    mongo = Mongo(client, settings, Capabilities())
    try:
        for name, documents in sound().items():
            await mongo.collection(by_name(name)).delete_many({})
            if documents:
                await mongo.collection(by_name(name)).insert_many([encode(each) for each in documents])
        await mongo.collection(by_name("orders")).insert_one(order())
        yield mongo
    finally:
        await mongo.close()


async def test_proofs_are_silent_on_sound_data(market: Mongo) -> None:
    checks = await prove(market, BOOK_PROOFS)
    assert {check.name: check.evidence for check in checks if check.state is not CheckState.OK} == {}
    assert len(checks) == len(BOOK_PROOFS)


WRONG: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "journals.balance": ("journals", {"_id": JRN}, {"$set": {"entries.0.amount.amount": -99}}),
    "journals.wallet_lines": ("journals", {"_id": JRN_2}, {"$unset": {"entries.1.walletId": 1}}),
    "wallets.balance": ("wallets", {"_id": WAL}, {"$inc": {"available": 1}}),
    "wallets.lines_chain": ("walletTransactions", {"seq": 2}, {"$inc": {"balanceAfter.amount": 1}}),
    "stock.on_hand": ("inventories", {}, {"$inc": {"allocated": -1}}),
    "stock.movements": ("stockMovements", {"kind": "ship"}, {"$set": {"deltaOnHand": -3}}),
    "orders.total": ("orders", {}, {"$set": {"items.0.discounts.0.amount.amount": 4}}),
    "order_groups.allocations": ("orderGroups", {}, {"$inc": {"allocations.0.total.amount": 1}}),
    "payments.parts": ("payments", {}, {"$inc": {"parts.1.amount.amount": 1}}),
    "refunds.captured": ("refunds", {}, {"$set": {"amount.amount": 96}}),
}


@pytest.mark.parametrize("name", [proof.name for proof in BOOK_PROOFS])
async def test_each_proof_finds_what_breaks_it(market: Mongo, name: str) -> None:
    proof = next(each for each in BOOK_PROOFS if each.name == name)
    collection, where, change = WRONG[name]
    declared = next(
        side.collection
        for side in (*(each.finds for each in BOOK_PROOFS), *(each.against for each in BOOK_PROOFS if each.against))
        if side.collection.db_name == collection
    )
    assert (await market.collection(declared).update_one(where, change)).modified_count == 1
    (check,) = await prove(market, [proof])
    assert check.state is CheckState.FAIL
    assert check.evidence.startswith("1 violations")


async def test_rows_that_only_one_side_has_are_violations(market: Mongo) -> None:
    proof = next(each for each in BOOK_PROOFS if each.name == "wallets.balance")
    await market.collection(by_name("wallets")).delete_one({"_id": WAL})
    lonely = new_id("wal")
    await market.collection(by_name("wallets")).insert_one({"_id": lonely, "available": 5, "pending": 0, "held": 0})
    found = {violation.id: violation async for violation in violations(market, proof)}
    assert set(found) == {WAL, lonely}
    assert found[WAL].found is None
    assert found[WAL].expected == {"_id": WAL, "available": 70, "pending": 30, "held": 0}
    assert found[lonely].expected is None


async def test_totals_that_do_not_add_up_are_violations(market: Mongo) -> None:
    proof = next(each for each in BOOK_PROOFS if each.name == "orders.total")
    await market.collection(by_name("orders")).delete_many({})
    await market.collection(by_name("orders")).insert_one(order(total={"amount": 96, "currency": "SYP"}))
    assert [violation.id async for violation in violations(market, proof)] == [ORD]


async def test_a_proof_that_cannot_run_is_unknown_and_not_good(market: Mongo) -> None:
    await market.close()
    client = make_client(
        MongoSettings(url="mongodb://127.0.0.1:1", database="proofs", server_selection_s=0.2, pool_min=0),
        "nobody", "nothing", app_name="test",
    )  # fmt: skip
    gone = Mongo(client, market.settings, Capabilities())
    (check,) = await prove(gone, BOOK_PROOFS[:1])
    await gone.close()
    assert check.state is CheckState.UNKNOWN
