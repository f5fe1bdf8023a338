"""The ledger on a real server: balances move once, never below their floor, and every proof holds after a storm."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from daraa.collections.journals import JOURNALS, Journal
from daraa.collections.proofs import PROOFS
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS, Wallet, WalletKind, WalletStatus
from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.actor import JOB
from daraa.market.wallets import errors, postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import Posting
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.proofs import prove

pytestmark = pytest.mark.anyio
BOOKS = {"journals.balance", "journals.wallet_lines", "wallets.balance", "wallets.lines_chain"}
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


async def opened(mongo: Mongo, *, kind: WalletKind = WalletKind.CUSTOMER, owner: str | None = None) -> Wallet:
    return await Wallets(mongo).get_or_open(owner or new_id("acc"), kind, "SYP")


async def post(mongo: Mongo, *wanted: Posting, longest_s: float = 20) -> Sequence[Journal]:
    ledger = Ledger(mongo)
    return await mongo.in_transaction(
        lambda session: ledger.post(session, wanted, actor=JOB, now=NOW), longest_s=longest_s
    )


async def fill(mongo: Mongo, wallet: Wallet, amount: int) -> None:
    await post(mongo, postings.topped_up("local", new_id("top"), wallet.id, syp(amount)))


async def stored(mongo: Mongo, wallet: Wallet) -> dict[str, object]:
    found = await mongo.collection(WALLETS).find_one({"_id": wallet.id})
    assert found is not None
    return found


async def refused(mongo: Mongo, *wanted: Posting) -> str:
    with pytest.raises(DaraaError) as caught:
        await post(mongo, *wanted)
    return caught.value.code


async def all_proofs_hold(mongo: Mongo) -> None:
    books = [proof for proof in PROOFS if proof.name in BOOKS]
    assert len(books) == len(BOOKS)
    checks = await prove(mongo, books)
    assert [check for check in checks if check.state is not CheckState.OK] == []


async def test_several_postings_on_one_wallet_are_one_update_with_lines_in_sequence(mongo: Mongo) -> None:
    wallet = await opened(mongo)
    order, payment = new_id("ord"), new_id("pay")
    await post(
        mongo,
        postings.topped_up("local", new_id("top"), wallet.id, syp(500)),
        postings.paid_by_wallet(order, payment, wallet.id, syp(200)),
        postings.withdrawal_held(new_id("wdr"), wallet.id, syp(100)),
    )
    after = await stored(mongo, wallet)
    assert (after["ver"], after["available"], after["held"], after["lastSeq"]) == (2, 200, 100, 4)
    lines = await mongo.collection(WALLET_TRANSACTIONS).find({"walletId": wallet.id}).sort("seq", 1).to_list()
    seen = [(row["seq"], row["status"], row["balanceBefore"]["amount"], row["balanceAfter"]["amount"]) for row in lines]
    assert seen == [(1, "completed", 0, 500), (2, "completed", 500, 300), (3, "completed", 300, 200),
                    (4, "held", 0, 100)]  # fmt: skip
    await all_proofs_hold(mongo)


async def test_a_debit_that_a_later_credit_would_cover_is_refused_at_the_step_that_overdraws(mongo: Mongo) -> None:
    wallet = await opened(mongo)
    pay = postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(200))
    top = postings.topped_up("local", new_id("top"), wallet.id, syp(500))
    assert await refused(mongo, pay, top) == errors.SHORT
    assert (await stored(mongo, wallet))["lastSeq"] == 0
    assert await mongo.collection(JOURNALS).count_documents({"entries.walletId": wallet.id}) == 0


async def test_a_store_may_fall_to_its_overdraft_limit_and_no_further(mongo: Mongo) -> None:
    wallet = await opened(mongo, kind=WalletKind.STORE, owner=new_id("sto"))
    await mongo.collection(WALLETS).update_one({"_id": wallet.id}, {"$set": {"overdraftLimit": 300}})
    held = [postings.withdrawal_held(new_id("wdr"), wallet.id, syp(amount)) for amount in (200, 101, 100)]
    await post(mongo, held[0])
    assert await refused(mongo, held[1]) == errors.SHORT
    await post(mongo, held[2])
    assert (await stored(mongo, wallet))["available"] == -300


async def test_pending_and_held_money_never_fall_below_zero(mongo: Mongo) -> None:
    store = new_id("sto")
    wallet = await opened(mongo, kind=WalletKind.STORE, owner=store)
    await fill(mongo, wallet, 1000)
    assert await refused(mongo, postings.released(new_id("ord"), store, wallet.id, syp(1))) == errors.SHORT
    assert await refused(mongo, postings.withdrawal_settled(new_id("wdr"), wallet.id, syp(1))) == errors.SHORT


async def test_a_frozen_wallet_takes_and_releases_but_gives_nothing(mongo: Mongo) -> None:
    store = new_id("sto")
    wallet = await opened(mongo, kind=WalletKind.STORE, owner=store)
    order, payment = new_id("ord"), new_id("pay")
    closing = postings.closed(
        order, payment, store_id=store, store_wallet=wallet.id, goods_share=syp(81), commission=syp(9),
        delivery_share=syp(10),
    )  # fmt: skip
    await mongo.collection(WALLETS).update_one({"_id": wallet.id}, {"$set": {"status": WalletStatus.FROZEN.value}})
    await fill(mongo, wallet, 100)
    await post(mongo, closing)
    await post(mongo, postings.released(order, store, wallet.id, syp(81)))
    assert (await stored(mongo, wallet))["available"] == 181
    assert await refused(mongo, postings.withdrawal_held(new_id("wdr"), wallet.id, syp(1))) == errors.FROZEN
    await mongo.collection(WALLETS).update_one({"_id": wallet.id}, {"$set": {"status": WalletStatus.CLOSED.value}})
    top = postings.topped_up("local", new_id("top"), wallet.id, syp(1))
    assert await refused(mongo, top) == errors.CLOSED
    await all_proofs_hold(mongo)


async def test_an_event_posted_twice_is_told_as_a_duplicate_and_moves_nothing(mongo: Mongo) -> None:
    wallet = await opened(mongo)
    await fill(mongo, wallet, 100)
    pay = postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(100))
    await post(mongo, pay)
    assert await refused(mongo, pay) == DUPLICATE
    assert (await stored(mongo, wallet))["available"] == 0


async def test_money_of_another_currency_is_refused(mongo: Mongo) -> None:
    wallet = await opened(mongo)
    top = postings.topped_up("local", new_id("top"), wallet.id, Money(amount=5, currency="USD"))
    assert await refused(mongo, top) == errors.CURRENCY_OTHER


async def test_a_wallet_opened_from_ten_places_at_once_is_one_wallet(mongo: Mongo) -> None:
    owner = new_id("acc")
    made = await asyncio.gather(*(opened(mongo, owner=owner) for _ in range(10)))
    assert len({each.id for each in made}) == 1


async def test_one_wallet_spent_from_twenty_places_at_once_pays_exactly_what_it_can(mongo: Mongo) -> None:
    wallet = await opened(mongo)
    await fill(mongo, wallet, 700)

    async def spend() -> str:
        try:
            await post(mongo, postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(100)))
        except DaraaError as error:
            return error.code
        return "paid"

    outcomes = await asyncio.gather(*(spend() for _ in range(20)))
    assert sorted(outcomes) == ["paid"] * 7 + [errors.SHORT] * 13
    assert (await stored(mongo, wallet))["available"] == 0
    await all_proofs_hold(mongo)
