"""Releases: pending money becomes available after the return window and with the cash in a hub, once."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from daraa.collections.commissions import COMMISSIONS, Commission, CommissionKind
from daraa.collections.journals import JOURNALS
from daraa.collections.order_parts import PaymentMethod
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.payments import PAYMENTS, CashState, Payment, PaymentPart
from daraa.collections.wallets import WALLETS, WalletKind
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.wallets import postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.release_service import LATER, Releases
from daraa.stores.mongo.codec import encode
from factories.books import NOW, Books, syp

pytestmark = pytest.mark.anyio
PAST = datetime(2026, 1, 1, tzinfo=UTC)
T = stamp(NOW)


@dataclass
class Sold:
    """A delivered order: 81 for the store, 9 for the platform, and a delivery fee."""

    order: str
    store: str
    wallet: str


async def sold(
    books: Books, cash: CashState | None = None, *, due: datetime = PAST, store: str | None = None, goods: int = 81
) -> Sold:
    store, order, payment = store or new_id("sto"), new_id("ord"), new_id("pay")
    wallet = await books.opened(store, WalletKind.STORE)
    closing = postings.closed(
        order, payment, store_id=store, store_wallet=wallet.id, goods_share=syp(goods), commission=syp(9),
        delivery_share=syp(10),
    )  # fmt: skip
    (journal,) = await books.post(closing)
    method = PaymentMethod.CASH if cash else PaymentMethod.CARD
    paid = Payment(
        id=payment, **T, order_id=order, group_id=new_id("grp"), customer_id=new_id("acc"), store_id=store,
        method=method, parts=(PaymentPart(method=method, amount=syp(100)),), amount=syp(100), captured=syp(100),
        refundable=syp(100), cash_state=cash,
    )  # fmt: skip
    await books.mongo.collection(PAYMENTS).insert_one(encode(paid))
    rows = [
        Commission(
            id=new_id("com"), **T, order_id=order, store_id=store, kind=kind, base=syp(90), rate_bp=1000,
            amount=syp(9), reversed_amount=syp(0), due_at=due, journal_id=journal.id,
        )
        for kind in (CommissionKind.PLATFORM, CommissionKind.DELIVERY)
    ]  # fmt: skip
    await books.mongo.collection(COMMISSIONS).insert_many([encode(row) for row in rows])
    return Sold(order, store, wallet.id)


async def states(books: Books, order: str) -> set[str]:
    return {row["status"] async for row in books.mongo.collection(COMMISSIONS).find({"orderId": order})}


def releases(books: Books) -> Releases:
    return Releases(books.mongo, Ledger(books.mongo))


@pytest.fixture(autouse=True)
async def _nothing_due(books: Books) -> None:
    await books.mongo.collection(COMMISSIONS).delete_many({})


async def test_a_due_order_is_released_with_its_journal_and_its_event(books: Books) -> None:
    sale = await sold(books)
    assert await books.balances(sale.wallet) == (0, 81, 0)
    assert await releases(books).sweep_releases() == {"released": 1, "waiting": 0, "failed": 0}
    assert await books.balances(sale.wallet) == (81, 0, 0)
    assert await states(books, sale.order) == {"earned"}
    keys = [row["businessKey"] async for row in books.mongo.collection(JOURNALS).find({"orderId": sale.order})]
    assert sorted(keys) == [f"close:{sale.order}", f"release:{sale.order}"]
    (event,) = await books.mongo.collection(OUTBOX_EVENTS).find({"aggregateId": sale.wallet}).to_list()
    assert event["type"] == "wallet.credited"
    assert await releases(books).sweep_releases() == {"released": 0, "waiting": 0, "failed": 0}
    await books.prove()


@pytest.mark.parametrize("state", [CashState.DUE, CashState.COLLECTED, CashState.SHORT, CashState.OVER])
async def test_cash_that_is_not_in_the_hub_holds_the_stores_money_back(books: Books, state: CashState) -> None:
    sale = await sold(books, state)
    assert (await releases(books).sweep_releases())["waiting"] == 1
    assert await books.balances(sale.wallet) == (0, 81, 0)
    assert await states(books, sale.order) == {"accrued"}


async def test_remitted_cash_lets_the_money_go_when_it_is_asked_again(books: Books) -> None:
    sale = await sold(books, CashState.COLLECTED)
    await releases(books).sweep_releases()
    moved = await books.mongo.collection(COMMISSIONS).find_one({"orderId": sale.order})
    assert moved is not None
    assert timedelta(0) < moved["dueAt"] - datetime.now(UTC) <= LATER
    await books.mongo.collection(PAYMENTS).update_one({"orderId": sale.order}, {"$set": {"cashState": "remitted"}})
    assert (await releases(books).sweep_releases())["released"] == 0
    await books.mongo.collection(COMMISSIONS).update_many({}, {"$set": {"dueAt": PAST}})
    assert (await releases(books).sweep_releases())["released"] == 1
    assert await books.balances(sale.wallet) == (81, 0, 0)


async def test_orders_that_wait_do_not_stand_in_the_way_of_those_behind_them(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daraa.market.wallets.release_service.BATCH", 4)
    for _ in range(7):
        await sold(books, CashState.COLLECTED)
    behind = await sold(books, due=PAST + timedelta(days=1))
    assert await releases(books).sweep_releases() == {"released": 1, "waiting": 7, "failed": 0}
    assert await books.balances(behind.wallet) == (81, 0, 0)


async def test_an_order_that_is_not_due_yet_is_left_alone(books: Books) -> None:
    sale = await sold(books, due=datetime.now(UTC) + timedelta(minutes=5))
    assert await releases(books).sweep_releases() == {"released": 0, "waiting": 0, "failed": 0}
    assert await books.balances(sale.wallet) == (0, 81, 0)


async def test_a_wallet_that_takes_nothing_does_not_stop_the_sweep(books: Books) -> None:
    shut, well = await sold(books), await sold(books)
    await books.mongo.collection(WALLETS).update_one({"_id": shut.wallet}, {"$set": {"status": "closed"}})
    assert await releases(books).sweep_releases() == {"released": 1, "waiting": 0, "failed": 1}
    assert await books.balances(well.wallet) == (81, 0, 0)
    assert await states(books, shut.order) == {"accrued"}


async def test_a_store_that_earned_nothing_on_an_order_is_settled_without_a_journal(books: Books) -> None:
    sale = await sold(books, goods=0)
    assert (await releases(books).sweep_releases())["released"] == 1
    assert await states(books, sale.order) == {"earned"}
    assert await books.mongo.collection(JOURNALS).count_documents({"businessKey": f"release:{sale.order}"}) == 0


async def test_three_sweepers_at_once_release_each_order_of_a_store_once(books: Books) -> None:
    store = new_id("sto")
    sales = [await sold(books, store=store) for _ in range(6)]
    await asyncio.gather(*(releases(books).sweep_releases() for _ in range(3)), return_exceptions=True)
    await releases(books).sweep_releases()
    assert await books.balances(sales[0].wallet) == (6 * 81, 0, 0)
    await books.prove()
