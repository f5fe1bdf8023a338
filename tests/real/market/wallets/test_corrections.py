"""What admins do to wallets and journals: freeze, and take back by four eyes, exactly and once."""

import asyncio

import httpx
import pytest

from daraa.collections.journals import JOURNALS
from daraa.kernel.ids import new_id
from daraa.market.wallets import postings
from factories.books import Books, syp
from factories.gate import as_admin

pytestmark = pytest.mark.anyio
RIGHTS = ("ledger:adjust", "ledger:read")
FIRST, SECOND = as_admin(new_id("acc"), *RIGHTS), as_admin(new_id("acc"), *RIGHTS)
WHY = {"reason": "entered twice"}


async def act(books: Books, path: str, headers: dict[str, str] = FIRST, **body: str) -> httpx.Response:
    return await books.client.post(f"/v1/admin/{path}", json=body or WHY, headers=headers)


async def test_a_frozen_wallet_receives_but_does_not_send(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person(1000)
    frozen = await act(books, f"wallets/{ali.wallet.id}:freeze")
    assert frozen.status_code == 200, frozen.text
    assert frozen.json()["data"]["freeze"]["reason"] == WHY["reason"]
    body = {"to_wallet": mona.wallet.id, "amount": {"amount": 1, "currency": "SYP"}}
    url = f"/v1/wallets/{ali.wallet.id}/transfers"
    sent = await books.client.post(url, json=body, headers=ali.once())
    assert (sent.status_code, sent.json()["code"]) == (423, "wallets.wallet.frozen")
    back = body | {"to_wallet": ali.wallet.id}
    received = await books.client.post(f"/v1/wallets/{mona.wallet.id}/transfers", json=back, headers=mona.once())
    assert received.status_code == 201
    assert (await act(books, f"wallets/{ali.wallet.id}:freeze")).status_code == 409
    thawed = await act(books, f"wallets/{ali.wallet.id}:unfreeze", SECOND)
    assert (thawed.status_code, thawed.json()["data"]["freeze"]) == (200, None)
    assert (await books.client.post(url, json=body, headers=ali.once())).status_code == 201
    await books.prove()


async def test_a_journal_is_taken_back_by_a_second_admin_exactly_once(books: Books) -> None:
    ali = await books.person()
    journal = await books.fill(ali.wallet.id, 500)
    asked = await act(books, f"journals/{journal.id}:reverse")
    assert (asked.status_code, asked.json()["data"]["state"]) == (202, "requested")
    assert await books.balances(ali.wallet.id) == (500, 0, 0)
    own = await act(books, f"journals/{journal.id}:approve-reversal")
    assert (own.status_code, own.json()["code"]) == (403, "wallets.approval.own")
    answers = await asyncio.gather(*(act(books, f"journals/{journal.id}:approve-reversal", SECOND) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    done = next(answer for answer in answers if answer.status_code == 201)
    mirror = done.json()["data"]
    assert mirror["reverses"] == journal.id
    assert done.headers["location"] == f"/v1/admin/journals/{mirror['id']}"
    signs = {entry.account: entry.amount.amount for entry in journal.entries}
    assert {entry["account"]: -entry["amount"]["amount"] for entry in mirror["entries"]} == signs
    assert await books.balances(ali.wallet.id) == (0, 0, 0)
    seen = (await books.client.get(f"/v1/admin/journals/{journal.id}", headers=FIRST)).json()["data"]
    assert seen["reversed_by"] == mirror["id"]
    assert (await act(books, f"journals/{journal.id}:reverse")).status_code == 409
    again = await act(books, f"journals/{mirror['id']}:reverse")
    assert (again.status_code, again.json()["code"]) == (422, "wallets.journal.final")
    await books.prove()


async def test_a_withdrawal_taken_back_returns_to_the_balance_that_it_left(books: Books) -> None:
    ali = await books.person(900)
    (journal,) = await books.post(postings.withdrawal_held(new_id("wdr"), ali.wallet.id, syp(300)))
    assert await books.balances(ali.wallet.id) == (600, 0, 300)
    await act(books, f"journals/{journal.id}:reverse")
    assert (await act(books, f"journals/{journal.id}:approve-reversal", SECOND)).status_code == 201
    assert await books.balances(ali.wallet.id) == (900, 0, 0)
    await books.prove()


async def test_money_that_is_gone_cannot_be_taken_back_but_frozen_money_can(books: Books) -> None:
    ali, mona = await books.person(), await books.person()
    journal = await books.fill(ali.wallet.id, 500)
    await act(books, f"journals/{journal.id}:reverse")
    (sent,) = await books.post(postings.transferred(new_id("trf"), ali.wallet.id, mona.wallet.id, syp(1)))
    gone = await act(books, f"journals/{journal.id}:approve-reversal", SECOND)
    assert (gone.status_code, gone.json()["code"]) == (409, "wallets.balance.short")
    await act(books, f"journals/{sent.id}:reverse")
    await act(books, f"journals/{sent.id}:approve-reversal", SECOND)
    assert (await act(books, f"wallets/{ali.wallet.id}:freeze")).status_code == 200
    back = await act(books, f"journals/{journal.id}:approve-reversal", SECOND)
    assert back.status_code == 201, back.text
    assert await books.balances(ali.wallet.id) == (0, 0, 0)
    await books.prove()


async def test_a_refused_request_may_be_made_again(books: Books) -> None:
    ali = await books.person()
    journal = await books.fill(ali.wallet.id, 500)
    assert (await act(books, f"journals/{journal.id}:refuse-reversal")).status_code == 404
    await act(books, f"journals/{journal.id}:reverse")
    assert (await act(books, f"journals/{journal.id}:refuse-reversal", SECOND)).status_code == 200
    assert (await act(books, f"journals/{journal.id}:approve-reversal", SECOND)).status_code == 409
    assert await books.balances(ali.wallet.id) == (500, 0, 0)
    asked = await act(books, f"journals/{journal.id}:reverse", SECOND, reason="it was right after all")
    assert (asked.status_code, "decision" in asked.json()["data"]) == (202, False)
    assert (await act(books, f"journals/{journal.id}:approve-reversal", SECOND)).status_code == 403
    assert (await act(books, f"journals/{journal.id}:approve-reversal", FIRST)).status_code == 201


async def test_the_ledger_is_closed_to_everybody_without_the_right(books: Books) -> None:
    ali = await books.person()
    journal = await books.fill(ali.wallet.id, 500)
    before = await books.mongo.collection(JOURNALS).count_documents({})
    reader = as_admin(new_id("acc"), "ledger:read")
    paths = [f"journals/{journal.id}:{verb}" for verb in ("reverse", "approve-reversal", "refuse-reversal")]
    paths += [f"wallets/{ali.wallet.id}:{verb}" for verb in ("freeze", "unfreeze")]
    for path in paths:
        for headers, status in ((reader, 403), (ali.headers, 403), ({}, 401)):
            assert (await act(books, path, headers)).status_code == status, path
    for path in (f"journals/{new_id('jrn')}:reverse", f"wallets/{new_id('wal')}:freeze"):
        assert (await act(books, path)).status_code == 404
    for reason in ("", " ", "x" * 501):
        answer = await act(books, f"wallets/{ali.wallet.id}:freeze", reason=reason)
        assert answer.status_code in (400, 422)
    assert await books.mongo.collection(JOURNALS).count_documents({}) == before
    assert await books.balances(ali.wallet.id) == (500, 0, 0)
