"""Withdrawals: held at once, decided once, by somebody else."""

import asyncio
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import Role
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.journals import JOURNALS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.kernel.ids import new_id
from factories.books import Books, Person
from factories.gate import as_admin, signed_in

pytestmark = pytest.mark.anyio
CASHIER = as_admin(new_id("acc"), "payout:run")


async def ask(books: Books, person: Person, amount: int, *, key: str | None = None) -> httpx.Response:
    body = {"amount": {"amount": amount, "currency": "SYP"}, "destination": "Bank of Daraa 7788"}
    url = f"/v1/wallets/{person.wallet.id}/withdrawals"
    return await books.client.post(url, json=body, headers=person.once(key))


async def decide(
    books: Books, withdrawal: str, verb: str, headers: dict[str, str] = CASHIER, **body: Any
) -> httpx.Response:
    body = body or ({"bank_reference": "TX-1"} if verb == "approve" else {"reason": "the account is closed"})
    return await books.client.post(f"/v1/admin/withdrawals/{withdrawal}:{verb}", json=body, headers=headers)


async def test_a_withdrawal_is_held_then_paid(books: Books) -> None:
    ali = await books.person(1000)
    asked = await ask(books, ali, 400)
    assert asked.status_code == 201, asked.text
    assert await books.balances(ali.wallet.id) == (600, 0, 400)
    withdrawal = asked.json()["data"]["id"]
    paid = await decide(books, withdrawal, "approve")
    assert paid.status_code == 200, paid.text
    assert await books.balances(ali.wallet.id) == (600, 0, 0)
    mine = (await books.client.get(f"/v1/wallets/{ali.wallet.id}/withdrawals", headers=ali.headers)).json()["data"]
    assert [(row["state"], row["bank_reference"]) for row in mine] == [("settled", "TX-1")]
    journals = await books.mongo.collection(JOURNALS).find({"entries.walletId": ali.wallet.id}).to_list()
    bank = [entry["amount"]["amount"] for row in journals for entry in row["entries"] if entry["account"] == "bank"]
    assert bank == [400]
    told = await books.mongo.collection(OUTBOX_EVENTS).find({"type": {"$regex": "^(withdrawal|wallet.deb)"}}).to_list()
    assert {row["type"] for row in told} == {"withdrawal.approved", "wallet.debited"}
    trail = await books.mongo.collection(AUDIT_LOGS).find({"targetId": withdrawal}).sort("seq", 1).to_list()
    assert [row["action"] for row in trail] == ["withdrawal.request", "withdrawal.approve"]
    await books.prove()


async def test_a_refused_withdrawal_may_be_spent_again(books: Books) -> None:
    ali = await books.person(1000)
    withdrawal = (await ask(books, ali, 1000)).json()["data"]["id"]
    assert (await ask(books, ali, 1)).json()["code"] == "wallets.balance.short"
    assert (await decide(books, withdrawal, "refuse")).status_code == 200
    assert await books.balances(ali.wallet.id) == (1000, 0, 0)
    mine = (await books.client.get(f"/v1/wallets/{ali.wallet.id}/withdrawals", headers=ali.headers)).json()["data"]
    assert [(row["state"], row["reason"]) for row in mine] == [("refused", "the account is closed")]
    await books.prove()


async def test_ten_decisions_at_once_are_one(books: Books) -> None:
    ali = await books.person(1000)
    withdrawal = (await ask(books, ali, 300)).json()["data"]["id"]
    verbs = ["approve", "refuse"] * 5
    answers = await asyncio.gather(*(decide(books, withdrawal, verb) for verb in verbs))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    available, _, held = await books.balances(ali.wallet.id)
    assert (available, held) in {(700, 0), (1000, 0)}
    await books.prove()


async def test_the_same_request_sent_ten_times_holds_the_money_once(books: Books) -> None:
    ali = await books.person(1000)
    answers = await asyncio.gather(*(ask(books, ali, 100, key="ten-times-1") for _ in range(10)))
    assert len({answer.content for answer in answers}) == 1
    assert await books.balances(ali.wallet.id) == (900, 0, 100)


async def test_nobody_pays_out_to_themselves(books: Books) -> None:
    ali = await books.person(1000)
    withdrawal = (await ask(books, ali, 300)).json()["data"]["id"]
    both = signed_in(ali.account.id, Role.ADMIN, Role.CUSTOMER, scopes=("payout:run",))
    answer = await decide(books, withdrawal, "approve", both)
    assert (answer.status_code, answer.json()["code"]) == (403, "wallets.approval.own")
    assert await books.balances(ali.wallet.id) == (700, 0, 300)


async def test_only_an_admin_with_the_right_decides_and_lists(books: Books) -> None:
    ali = await books.person(1000)
    withdrawal = (await ask(books, ali, 300)).json()["data"]["id"]
    without = as_admin(new_id("acc"), "ledger:read")
    for headers, status in ((without, 403), (ali.headers, 403), ({}, 401)):
        assert (await decide(books, withdrawal, "approve", headers)).status_code == status
        assert (await books.client.get("/v1/admin/withdrawals", headers=headers)).status_code == status
    assert (await decide(books, new_id("wdr"), "approve")).status_code == 404
    assert (await decide(books, withdrawal, "approve", bank_reference=" ")).status_code in (400, 422)
    assert await books.balances(ali.wallet.id) == (700, 0, 300)
    listed = (await books.client.get("/v1/admin/withdrawals", params={"limit": 100}, headers=CASHIER)).json()["data"]
    assert withdrawal in {row["id"] for row in listed}
    assert {row["state"] for row in listed} == {"requested"}
