"""Transfers over HTTP: exact under any crowd, once for a key, and nothing moves for whoever asks wrongly."""

import asyncio
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import AccountStatus
from daraa.collections.journals import JOURNALS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.wallets import WALLETS, WalletKind
from daraa.kernel.ids import new_id
from factories.books import Books, Person

pytestmark = pytest.mark.anyio


async def send(
    books: Books, payer: Person, payee: Person | str, amount: Any = 100, *, key: str | None = None, **more: Any
) -> httpx.Response:
    target = payee if isinstance(payee, str) else payee.wallet.id
    sum_ = amount if isinstance(amount, dict) else {"amount": amount, "currency": "SYP"}
    body = {"to_wallet": target, "amount": sum_, **more}
    body = {name: value for name, value in body.items() if value is not None}
    return await books.client.post(f"/v1/wallets/{payer.wallet.id}/transfers", json=body, headers=payer.once(key))


async def patiently(books: Books, payer: Person, payee: Person, amount: int) -> httpx.Response:
    """As a client does: the same request again while the answer says that a repetition may help."""
    key = f"patient-{new_id('key')}"
    while True:
        answer = await send(books, payer, payee, amount, key=key)
        if answer.status_code != 409 or not answer.json()["retryable"]:
            return answer


async def test_a_transfer_moves_money_and_tells_the_one_who_gets_it(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person()
    answer = await send(books, ali, mona, 400, note="الغداء")
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert data["available"] == {"amount": 600, "currency": "SYP"}
    assert await books.balances(ali.wallet.id) == (600, 0, 0)
    assert await books.balances(mona.wallet.id) == (400, 0, 0)
    lines = (await books.client.get(f"/v1/wallets/{mona.wallet.id}/entries", headers=mona.headers)).json()["data"]
    assert [(line["type"], line["amount"]["amount"], line["description"]) for line in lines] == [
        ("transfer_in", 400, "الغداء")
    ]
    events = await books.mongo.collection(OUTBOX_EVENTS).find({"aggregateId": mona.wallet.id}).to_list()
    assert [event["type"] for event in events] == ["wallet.credited"]
    told = await books.mongo.collection(OUTBOX_EVENTS).count_documents({"aggregateId": ali.wallet.id})
    assert told == 1  # his top-up; what he sent himself is no news to him
    await books.prove()


async def test_a_transfer_by_phone_opens_the_wallet_of_one_who_has_none(books: Books) -> None:
    ali, mona = await books.person(500), await books.person()
    await books.mongo.collection(WALLETS).delete_one({"_id": mona.wallet.id})
    answer = await send(books, ali, mona, 500, to_wallet=None, to_phone=mona.account.phone)
    assert answer.status_code == 201, answer.text
    opened = await books.mongo.collection(WALLETS).find_one({"ownerId": mona.account.id})
    assert opened is not None
    assert (opened["available"], opened["kind"]) == (500, "customer")


async def test_one_wallet_spent_from_twenty_places_at_once_is_never_negative(books: Books) -> None:
    ali, shops = await books.person(750), [await books.person() for _ in range(20)]
    outcomes = await asyncio.gather(*(patiently(books, ali, shop, 100) for shop in shops))
    assert sorted(answer.status_code for answer in outcomes) == [201] * 7 + [409] * 13
    assert {answer.json()["code"] for answer in outcomes if answer.status_code == 409} == {"wallets.balance.short"}
    assert await books.balances(ali.wallet.id) == (50, 0, 0)
    assert sorted([(await books.balances(shop.wallet.id))[0] for shop in shops]) == [0] * 13 + [100] * 7
    await books.prove()


async def test_the_same_transfer_sent_twenty_times_at_once_is_made_once_and_answered_alike(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person()
    answers = await asyncio.gather(*(send(books, ali, mona, 300, key="twenty-times") for _ in range(20)))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.content for answer in answers}) == 1
    assert await books.balances(mona.wallet.id) == (300, 0, 0)
    assert await books.balances(ali.wallet.id) == (700, 0, 0)


async def test_money_sent_both_ways_at_once_neither_deadlocks_nor_is_lost(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person(1000)
    both = [(ali, mona), (mona, ali)] * 25
    answers = await asyncio.gather(*(patiently(books, payer, payee, 10) for payer, payee in both))
    assert {answer.status_code for answer in answers} == {201}
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)
    assert await books.balances(mona.wallet.id) == (1000, 0, 0)
    await books.prove()


async def test_a_key_with_another_body_is_refused(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person()
    assert (await send(books, ali, mona, 100, key="one-key-1")).status_code == 201
    again = await send(books, ali, mona, 200, key="one-key-1")
    assert (again.status_code, again.json()["code"]) == (422, "market.idempotency.reused")
    assert await books.balances(mona.wallet.id) == (100, 0, 0)


async def test_whoever_cannot_receive_is_answered_like_one_who_does_not_exist(books: Books) -> None:
    ali = await books.person(1000)
    store = await books.opened(new_id("sto"), WalletKind.STORE)
    suspended = await books.person(status=AccountStatus.SUSPENDED)
    targets: list[dict[str, Any]] = [
        {"to_wallet": new_id("wal")},
        {"to_wallet": store.id},
        {"to_wallet": None, "to_phone": "+963900000001"},
        {"to_wallet": None, "to_phone": suspended.account.phone},
    ]
    seen = []
    for target in targets:
        answer = await send(books, ali, "", **target)
        seen.append({key: value for key, value in answer.json().items() if key != "instance"})
    assert seen == [seen[0]] * 4
    assert seen[0]["status"] == 404
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)


async def test_nobody_pays_from_a_wallet_that_is_not_theirs(books: Books) -> None:
    ali, thief = await books.person(1000), await books.person()
    stolen = Person(thief.account, ali.wallet)
    answer = await send(books, stolen, thief, 100)
    missing = await send(books, Person(thief.account, ali.wallet.model_copy(update={"id": new_id("wal")})), thief, 100)
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert answer.json()["code"] == missing.json()["code"]
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)


async def test_a_transfer_to_oneself_in_another_currency_or_beyond_the_balance_is_refused(books: Books) -> None:
    ali, mona = await books.person(100), await books.person()
    assert (await send(books, ali, ali, 10)).json()["code"] == "wallets.transfer.self"
    phone = await send(books, ali, "", 10, to_wallet=None, to_phone=ali.account.phone)
    assert phone.json()["code"] == "wallets.transfer.self"
    euros = await send(books, ali, mona, {"amount": 10, "currency": "EUR"})
    assert (euros.status_code, euros.json()["code"]) == (422, "wallets.currency.other")
    assert (await send(books, ali, mona, 101)).json()["code"] == "wallets.balance.short"
    assert await books.balances(ali.wallet.id) == (100, 0, 0)


BAD_AMOUNTS = [0, -1, -(10**9), 10**30, 2**63, 10**12, 1.5, 1.0, "100", "1e3", None, True, [], {"$gt": 0}, {"$inc": 5}]


@pytest.mark.parametrize("amount", BAD_AMOUNTS, ids=str)
@pytest.mark.parametrize("what", ["transfers", "topups", "withdrawals"])
async def test_an_amount_that_is_no_whole_number_above_zero_changes_nothing(
    books: Books, what: str, amount: Any
) -> None:
    ali, mona = await books.person(1000), await books.person()
    body: dict[str, Any] = {"amount": {"amount": amount, "currency": "SYP"}}
    body |= {"to_wallet": mona.wallet.id} if what == "transfers" else {}
    body |= {"destination": "Bank 77"} if what == "withdrawals" else {}
    before = await books.mongo.collection(JOURNALS).count_documents({})
    answer = await books.client.post(f"/v1/wallets/{ali.wallet.id}/{what}", json=body, headers=ali.once())
    assert answer.status_code in (400, 422), answer.text
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)
    assert await books.mongo.collection(JOURNALS).count_documents({}) == before


@pytest.mark.parametrize("what", ["transfers", "topups", "withdrawals"])
async def test_whatever_was_made_is_found_where_the_answer_says_the_second_time_too(books: Books, what: str) -> None:
    ali, mona = await books.person(1000), await books.person()
    body: dict[str, Any] = {"amount": {"amount": 100, "currency": "SYP"}}
    body |= {"to_wallet": mona.wallet.id} if what == "transfers" else {}
    body |= {"destination": "Bank 77"} if what == "withdrawals" else {}
    path, headers = f"/v1/wallets/{ali.wallet.id}/{what}", ali.once()
    first = await books.client.post(path, json=body, headers=headers)
    again = await books.client.post(path, json=body, headers=headers)
    assert (first.status_code, again.status_code, again.headers["idempotent-replayed"]) == (201, 201, "true")
    assert first.headers["location"] == again.headers["location"]
    found = await books.client.get(first.headers["location"], headers=ali.headers)
    made = first.json()["data"]
    assert found.status_code == 200, found.text
    key = {"transfers": "journal_id", "topups": "intent_id", "withdrawals": "id"}[what]
    assert made[key] in found.text


BAD_BODIES: list[Any] = [
    None,
    [],
    {},
    {"to_wallet": {"$ne": ""}, "amount": {"amount": 1, "currency": "SYP"}},
    {"to_phone": {"$gt": ""}, "amount": {"amount": 1, "currency": "SYP"}},
    {"to_phone": "0933123456", "amount": {"amount": 1, "currency": "SYP"}},
    {"to_phone": "+963933123456", "to_wallet": "wal_x", "amount": {"amount": 1, "currency": "SYP"}},
    {"amount": {"amount": 1, "currency": "SYP"}},
    {"to_phone": "+963933123456", "amount": {"amount": 1, "currency": "syp"}},
    {"to_phone": "+963933123456", "amount": {"amount": 1, "currency": "SYP", "$where": "1"}},
    {"to_phone": "+963933123456", "amount": {"amount": 1, "currency": "SYP"}, "from": "wal"},
    {"to_phone": "+963933123456", "amount": {"amount": 1, "currency": "SYP"}, "note": "x" * 501},
    {"to_phone": "+963933123456", "amount": {"amount": 1, "currency": "SYP"}, "note": "a\x00b"},
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
async def test_a_malformed_transfer_is_refused(books: Books, body: Any) -> None:
    ali = await books.person(1000)
    answer = await books.client.post(f"/v1/wallets/{ali.wallet.id}/transfers", json=body, headers=ali.once())
    assert answer.status_code in (400, 422), answer.text
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)


async def test_a_transfer_needs_a_key_and_a_login(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person()
    body = {"to_wallet": mona.wallet.id, "amount": {"amount": 1, "currency": "SYP"}}
    url = f"/v1/wallets/{ali.wallet.id}/transfers"
    assert (await books.client.post(url, json=body, headers=ali.headers)).status_code in (400, 422)
    assert (await books.client.post(url, json=body, headers={"idempotency-key": "12345678"})).status_code == 401
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)
