"""The ledger on a real server: balances move once, never below their floor, and every proof holds after a storm."""

import asyncio

import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS, Wallet, WalletKind, WalletStatus
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.wallets import errors, postings
from daraa.market.wallets.postings import Posting
from daraa.stores.mongo.errors import DUPLICATE
from factories.books import Books, syp

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


async def stored(books: Books, wallet: Wallet) -> dict[str, object]:
    found = await books.mongo.collection(WALLETS).find_one({"_id": wallet.id})
    assert found is not None
    return found


async def set_fields(books: Books, wallet: Wallet, **fields: object) -> None:
    await books.mongo.collection(WALLETS).update_one({"_id": wallet.id}, {"$set": fields})


async def refused(books: Books, *wanted: Posting) -> str:
    with pytest.raises(DaraaError) as caught:
        await books.post(*wanted)
    return caught.value.code


async def test_several_postings_on_one_wallet_are_one_update_with_lines_in_sequence(books: Books) -> None:
    wallet = await books.opened(new_id("acc"))
    order, payment = new_id("ord"), new_id("pay")
    await books.post(
        postings.topped_up("local", new_id("top"), wallet.id, syp(500)),
        postings.paid_by_wallet(order, payment, wallet.id, syp(200)),
        postings.withdrawal_held(new_id("wdr"), wallet.id, syp(100)),
    )
    after = await stored(books, wallet)
    assert (after["ver"], after["available"], after["held"], after["lastSeq"]) == (2, 200, 100, 4)
    lines = await books.mongo.collection(WALLET_TRANSACTIONS).find({"walletId": wallet.id}).sort("seq", 1).to_list()
    seen = [(row["seq"], row["status"], row["balanceBefore"]["amount"], row["balanceAfter"]["amount"]) for row in lines]
    assert seen == [(1, "completed", 0, 500), (2, "completed", 500, 300), (3, "completed", 300, 200),
                    (4, "held", 0, 100)]  # fmt: skip
    await books.prove()


async def test_a_debit_that_a_later_credit_would_cover_is_refused_at_the_step_that_overdraws(books: Books) -> None:
    wallet = await books.opened(new_id("acc"))
    pay = postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(200))
    top = postings.topped_up("local", new_id("top"), wallet.id, syp(500))
    assert await refused(books, pay, top) == errors.SHORT
    assert (await stored(books, wallet))["lastSeq"] == 0
    assert await books.mongo.collection(JOURNALS).count_documents({"entries.walletId": wallet.id}) == 0


async def test_a_store_may_fall_to_its_overdraft_limit_and_no_further(books: Books) -> None:
    wallet = await books.opened(new_id("sto"), WalletKind.STORE)
    await set_fields(books, wallet, overdraftLimit=300)
    held = [postings.withdrawal_held(new_id("wdr"), wallet.id, syp(amount)) for amount in (200, 101, 100)]
    await books.post(held[0])
    assert await refused(books, held[1]) == errors.SHORT
    await books.post(held[2])
    assert (await stored(books, wallet))["available"] == -300


async def test_pending_and_held_money_never_fall_below_zero(books: Books) -> None:
    store = new_id("sto")
    wallet = await books.opened(store, WalletKind.STORE)
    await books.fill(wallet.id, 1000)
    assert await refused(books, postings.released(new_id("ord"), store, wallet.id, syp(1))) == errors.SHORT
    assert await refused(books, postings.withdrawal_settled(new_id("wdr"), wallet.id, syp(1))) == errors.SHORT


async def test_a_frozen_wallet_takes_and_releases_but_gives_nothing(books: Books) -> None:
    store = new_id("sto")
    wallet = await books.opened(store, WalletKind.STORE)
    order, payment = new_id("ord"), new_id("pay")
    closing = postings.closed(
        order, payment, store_id=store, store_wallet=wallet.id, goods_share=syp(81), commission=syp(9),
        delivery_share=syp(10),
    )  # fmt: skip
    await set_fields(books, wallet, status=WalletStatus.FROZEN.value)
    await books.fill(wallet.id, 100)
    await books.post(closing)
    await books.post(postings.released(order, store, wallet.id, syp(81)))
    assert (await stored(books, wallet))["available"] == 181
    assert await refused(books, postings.withdrawal_held(new_id("wdr"), wallet.id, syp(1))) == errors.FROZEN
    await set_fields(books, wallet, status=WalletStatus.CLOSED.value)
    top = postings.topped_up("local", new_id("top"), wallet.id, syp(1))
    assert await refused(books, top) == errors.CLOSED
    await books.prove()


async def test_an_event_posted_twice_is_told_as_a_duplicate_and_moves_nothing(books: Books) -> None:
    wallet = await books.opened(new_id("acc"))
    await books.fill(wallet.id, 100)
    pay = postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(100))
    await books.post(pay)
    assert await refused(books, pay) == DUPLICATE
    assert (await stored(books, wallet))["available"] == 0


async def test_money_of_another_currency_is_refused(books: Books) -> None:
    wallet = await books.opened(new_id("acc"))
    top = postings.topped_up("local", new_id("top"), wallet.id, Money(amount=5, currency="USD"))
    assert await refused(books, top) == errors.CURRENCY_OTHER


async def test_a_wallet_opened_from_ten_places_at_once_is_one_wallet(books: Books) -> None:
    owner = new_id("acc")
    made = await asyncio.gather(*(books.opened(owner) for _ in range(10)))
    assert len({each.id for each in made}) == 1


async def test_one_wallet_spent_from_twenty_places_at_once_pays_exactly_what_it_can(books: Books) -> None:
    wallet = await books.opened(new_id("acc"))
    await books.fill(wallet.id, 700)

    async def spend() -> str:
        try:
            await books.post(postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(100)))
        except DaraaError as error:
            return error.code
        return "paid"

    outcomes = await asyncio.gather(*(spend() for _ in range(20)))
    assert sorted(outcomes) == ["paid"] * 7 + [errors.SHORT] * 13
    assert (await stored(books, wallet))["available"] == 0
    await books.prove()
