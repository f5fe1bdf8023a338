"""What owners read of their wallets: whole, in order, theirs alone."""

import itertools
from datetime import UTC, datetime

import httpx
import pytest

from daraa.collections.accounts import Role
from daraa.collections.commissions import COMMISSIONS, Commission, CommissionKind
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile, Vehicle, VehicleKind
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.collections.wallets import WALLETS, WalletKind
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.wallets import postings
from daraa.stores.mongo.codec import encode
from factories.books import Books, an_account, later, syp
from factories.gate import as_admin, signed_in

pytestmark = pytest.mark.anyio
T = stamp(datetime(2026, 11, 23, tzinfo=UTC))


async def read_all(books: Books, url: str, headers: dict[str, str], limit: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    cursor: str | None = None
    while True:
        words = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = await books.client.get(url, params=words, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows += body["data"]
        assert len(body["data"]) <= limit
        cursor = body["page"]["next_cursor"]
        if cursor is None:
            return rows


async def test_the_pages_of_a_statement_are_complete_and_in_order(books: Books) -> None:
    ali = await books.person()
    for number in range(1, 24):
        await books.fill(ali.wallet.id, number)
    rows = await read_all(books, f"/v1/wallets/{ali.wallet.id}/entries", ali.headers, 5)
    assert [row["seq"] for row in rows] == list(range(23, 0, -1))
    assert [row["amount"] for row in rows] == [{"amount": n, "currency": "SYP"} for n in range(23, 0, -1)]
    for newer, older in itertools.pairwise(rows):
        assert newer["balance_before"] == older["balance_after"]


async def test_money_that_comes_while_somebody_reads_hides_no_line(books: Books) -> None:
    ali = await books.person()
    for _ in range(6):
        await books.fill(ali.wallet.id, 10)
    url = f"/v1/wallets/{ali.wallet.id}/entries"
    first = (await books.client.get(url, params={"limit": 3}, headers=ali.headers)).json()
    await books.fill(ali.wallet.id, 10)
    words = {"limit": 3, "cursor": first["page"]["next_cursor"]}
    second = (await books.client.get(url, params=words, headers=ali.headers)).json()
    assert [row["seq"] for row in first["data"] + second["data"]] == [6, 5, 4, 3, 2, 1]


async def test_a_cursor_of_one_wallet_opens_no_other(books: Books) -> None:
    ali, mona = await books.person(10), await books.person(10)
    for wallet in (ali.wallet, mona.wallet):
        await books.fill(wallet.id, 10)
    url = "/v1/wallets/{}/entries"
    first = (await books.client.get(url.format(ali.wallet.id), params={"limit": 1}, headers=ali.headers)).json()
    words = {"cursor": first["page"]["next_cursor"]}
    other = await books.client.get(url.format(mona.wallet.id), params=words, headers=mona.headers)
    assert (other.status_code, other.json()["code"]) == (400, "market.cursor.invalid")


async def test_the_first_look_opens_a_wallet_in_the_currency_of_the_account(books: Books) -> None:
    mona = await books.person(default_currency="USD")
    await books.mongo.collection(WALLETS).delete_one({"_id": mona.wallet.id})
    answers = [await books.client.get("/v1/wallets", headers=mona.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    (wallet,) = answers[0].json()["data"]
    assert wallet["available"] == {"amount": 0, "currency": "USD"}
    assert answers[1].json() == answers[0].json()


async def test_a_foreign_wallet_is_answered_like_a_missing_one(books: Books) -> None:
    ali, mona = await books.person(1000), await books.person(1000)
    courier = an_account(Role.COURIER)
    store = await books.opened(new_id("sto"), WalletKind.STORE)
    for wallet_id in (ali.wallet.id, store.id, new_id("wal")):
        for path in ("", "/entries", "/withdrawals"):
            url = f"/v1/wallets/{wallet_id}{path}"
            assert _told(await books.client.get(url, headers=mona.headers)) == (404, "market.thing.missing")
            assert (await books.client.get(url)).status_code == 401
            assert (await books.client.get(url, headers=signed_in(courier.id, Role.COURIER))).status_code == 403


async def _store(books: Books, *scopes: str, role: MemberRole = MemberRole.STAFF) -> tuple[str, dict[str, str]]:
    store, account = new_id("sto"), an_account(Role.STORE_OWNER)
    member = StoreMember(
        id=new_id("stm"), **T, store_id=store, account_id=account.id, role=role, status=MemberStatus.ACTIVE,
        scopes=scopes, invited_by=account.id,
    )  # fmt: skip
    await books.mongo.collection(STORE_MEMBERS).insert_one(encode(member))
    return store, signed_in(account.id, Role.STORE_OWNER)


async def test_a_store_reads_its_wallet_and_what_it_earned_and_no_other_stores(books: Books) -> None:
    store, headers = await _store(books, "payout:read")
    stranger, foreign = await _store(books, role=MemberRole.OWNER)
    wallet = await books.opened(store, WalletKind.STORE)
    order, payment, journal = new_id("ord"), new_id("pay"), new_id("jrn")
    await books.post(
        postings.closed(
            order,
            payment,
            store_id=store,
            store_wallet=wallet.id,
            goods_share=syp(81),
            commission=syp(9),
            delivery_share=syp(10),
        )
    )
    rows = [
        Commission(
            id=new_id("com"), **T, order_id=order, store_id=store, kind=kind, base=syp(base), rate_bp=1000,
            amount=syp(base // 10), reversed_amount=syp(0), due_at=later(7), journal_id=journal,
        )
        for kind, base in ((CommissionKind.PLATFORM, 90), (CommissionKind.DELIVERY, 100))
    ]  # fmt: skip
    await books.mongo.collection(COMMISSIONS).insert_many([encode(row) for row in rows])

    url = f"/v1/seller/stores/{store}"
    seen = (await books.client.get(f"{url}/wallet", headers=headers)).json()["data"]
    assert (seen["available"]["amount"], seen["pending"]["amount"]) == (0, 81)
    entries = (await books.client.get(f"{url}/wallet/entries", headers=headers)).json()["data"]
    assert [(row["type"], row["balance"], row["amount"]["amount"]) for row in entries] == [("earning", "pending", 81)]
    (earned,) = (await books.client.get(f"{url}/earnings", headers=headers)).json()["data"]
    assert [earned[name]["amount"] for name in ("goods", "commission", "earned")] == [90, 9, 81]
    for path in ("wallet", "wallet/entries", "earnings"):
        assert (await books.client.get(f"{url}/{path}", headers=foreign)).status_code == 404
        assert (await books.client.get(f"{url}/{path}")).status_code == 401
    assert (await books.client.get(f"/v1/seller/stores/{stranger}/wallet", headers=foreign)).status_code == 404


async def test_a_member_without_the_right_does_not_see_the_stores_money(books: Books) -> None:
    store, headers = await _store(books, "stock:write")
    await books.opened(store, WalletKind.STORE)
    answer = await books.client.get(f"/v1/seller/stores/{store}/wallet", headers=headers)
    assert _told(answer) == (403, "market.scope.missing")


async def test_a_courier_reads_what_deliveries_earned(books: Books) -> None:
    account = an_account(Role.COURIER)
    courier = CourierProfile(
        id=new_id("cor"), **T, account_id=account.id, vehicle=Vehicle(kind=VehicleKind.BICYCLE), cash_held=syp(0),
        cash_limit=syp(1000),
    )  # fmt: skip
    await books.mongo.collection(COURIER_PROFILES).insert_one(encode(courier))
    headers = signed_in(account.id, Role.COURIER)
    assert (await books.client.get("/v1/courier/wallet", headers=headers)).status_code == 404
    wallet, store = await books.opened(courier.id, WalletKind.COURIER), new_id("sto")
    shop = await books.opened(store, WalletKind.STORE)
    await books.post(
        postings.closed(
            new_id("ord"),
            new_id("pay"),
            store_id=store,
            store_wallet=shop.id,
            goods_share=syp(81),
            commission=syp(9),
            courier_id=courier.id,
            courier_wallet=wallet.id,
            courier_share=syp(8),
            delivery_share=syp(2),
        )
    )
    assert (await books.client.get("/v1/courier/wallet", headers=headers)).json()["data"]["available"]["amount"] == 8
    (line,) = (await books.client.get("/v1/courier/wallet/entries", headers=headers)).json()["data"]
    assert (line["type"], line["amount"]["amount"], line["balance_after"]["amount"]) == ("earning", 8, 8)
    stranger = signed_in(new_id("acc"), Role.COURIER)
    assert (await books.client.get("/v1/courier/wallet", headers=stranger)).status_code == 404


async def test_an_admin_needs_the_right_to_look_into_a_wallet(books: Books) -> None:
    ali = await books.person(70)
    url = f"/v1/admin/wallets/{ali.wallet.id}"
    admin = new_id("acc")
    assert _told(await books.client.get(url, headers=as_admin(admin))) == (403, "accounts.right.missing")
    assert _told(await books.client.get(url, headers=ali.headers)) == (403, "accounts.role.missing")
    seen = (await books.client.get(url, headers=as_admin(admin, "ledger:read"))).json()["data"]
    assert (seen["owner_id"], seen["available"]["amount"]) == (ali.account.id, 70)
    entries = await books.client.get(f"{url}/entries", headers=as_admin(admin, "ledger:read"))
    assert len(entries.json()["data"]) == 1


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_page_that_is_asked_for_wrongly_is_refused(books: Books) -> None:
    ali = await books.person(10)
    url = f"/v1/wallets/{ali.wallet.id}/entries"
    for words in ({"limit": 0}, {"limit": 101}, {"limit": "x"}, {"offset": 5}, {"cursor": "zzz"}):
        assert (await books.client.get(url, params=words, headers=ali.headers)).status_code in (400, 422)
    for bad in ("wal_1", "wal", "%7B%22$gt%22:%22%22%7D", new_id("wal").upper()):
        answer = await books.client.get(f"/v1/wallets/{bad}/entries", headers=ali.headers)
        assert answer.status_code in (400, 404, 422)
