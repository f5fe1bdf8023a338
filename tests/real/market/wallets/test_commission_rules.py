"""Commission rules over HTTP: new versions instead of changes, a general rule always, contradictions refused."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.commission_rules import COMMISSION_RULES, CommissionRule
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.market.wallets import commission, errors
from daraa.market.wallets.earnings_service import Earnings
from daraa.stores.mongo.codec import decode, encode
from factories.books import Books, syp
from factories.catalog import a_kind, a_store
from factories.gate import as_admin

pytestmark = pytest.mark.anyio
ADMIN = as_admin(new_id("acc"), "commission:write")


def body(scope: str = "global", bp: int = 1000, **more: Any) -> dict[str, Any]:
    return {"name": {"ar": "قاعدة", "en": "Rule"}, "scope": scope, "platform_bp": bp, **more}


async def create(books: Books, wanted: Any, headers: dict[str, str] = ADMIN, key: str | None = None) -> httpx.Response:
    words = {**headers, "idempotency-key": key or secrets.token_hex(8)}
    return await books.client.post("/v1/admin/commission-rules", json=wanted, headers=words)


async def end(books: Books, rule: str, headers: dict[str, str] = ADMIN) -> httpx.Response:
    body = {"reason": "a better one is there"}
    return await books.client.post(f"/v1/admin/commission-rules/{rule}:end", json=body, headers=headers)


@pytest.fixture(autouse=True)
async def _no_rules(books: Books) -> None:
    await books.mongo.collection(COMMISSION_RULES).delete_many({})


async def taken(books: Books, store: str = "sto", kinds: tuple[str, ...] = (), base: int = 10_000) -> int:
    now = datetime.now(UTC)
    rules = await Earnings(books.mongo).rules(now)
    return commission.freeze(rules, store, kinds, syp(base), now).amount.amount


async def test_without_a_general_rule_checkout_is_told_what_to_run(books: Books) -> None:
    with pytest.raises(DaraaError) as caught:
        await taken(books)
    assert (caught.value.code, caught.value.spec.status) == (errors.RULES_MISSING, 503)
    assert "daraa market seed" in caught.value.hint


async def test_the_rule_of_a_store_wins_over_its_kind_and_that_over_the_general_one(books: Books) -> None:
    kind, store = a_kind("flowers"), a_store("rose")
    await books.mongo.collection(STORE_CATEGORIES).insert_one(encode(kind))
    await books.mongo.collection(STORE_OWNER_PROFILES).insert_one(encode(store))
    for wanted in (
        body(bp=1000),
        body("store_category", bp=800, scope_id=kind.id, rank=0),
        body("store", bp=500, scope_id=store.id, rank=9000),
    ):
        assert (await create(books, wanted)).status_code == 201
    assert await taken(books, store.id, (kind.id,)) == 500
    assert await taken(books, new_id("sto"), (kind.id,)) == 800
    assert await taken(books, new_id("sto"), (new_id("sct"),)) == 1000


async def test_a_new_version_ends_the_old_one_in_the_same_moment(books: Books) -> None:
    old = (await create(books, body(bp=1000))).json()["data"]
    new = await create(books, body(bp=1200, replaces=old["id"]))
    assert new.status_code == 201, new.text
    ended = await books.mongo.collection(COMMISSION_RULES).find_one({"_id": old["id"]})
    assert ended is not None
    assert (ended["isActive"], ended["platformBp"]) == (False, 1000)
    assert await taken(books) == 1200
    listed = (await books.client.get(new.headers["location"], headers=ADMIN)).json()["data"]
    assert [row["id"] for row in listed] == [new.json()["data"]["id"]]
    assert (await create(books, body(bp=1, replaces=old["id"]))).json()["code"] == "wallets.rules.ended"
    trail = await books.mongo.collection(AUDIT_LOGS).find({"targetId": old["id"]}).sort("seq", 1).to_list()
    assert [row["action"] for row in trail] == ["commission_rule.create", "commission_rule.end"]


async def test_a_version_that_begins_later_leaves_the_old_one_in_force_until_then(books: Books) -> None:
    old = (await create(books, body(bp=1000))).json()["data"]
    begins = datetime.now(UTC) + timedelta(days=2)
    assert (await create(books, body(bp=2000, replaces=old["id"], valid_from=begins.isoformat()))).status_code == 201
    rules = [decode(CommissionRule, row) async for row in books.mongo.collection(COMMISSION_RULES).find({})]
    assert await taken(books) == 1000
    for days, wanted in ((1, 1000), (3, 2000)):
        when = datetime.now(UTC) + timedelta(days=days)
        assert commission.freeze(rules, "sto", (), syp(10_000), when).amount.amount == wanted


async def test_the_last_general_rule_is_not_ended(books: Books) -> None:
    first = (await create(books, body())).json()["data"]["id"]
    assert (await end(books, first)).json()["code"] == "wallets.rules.last"
    second = (await create(books, body())).json()["data"]["id"]
    assert (await end(books, first)).status_code == 200
    assert (await end(books, first)).json()["code"] == "wallets.rules.ended"
    assert (await end(books, second)).json()["code"] == "wallets.rules.last"
    assert (await end(books, new_id("crl"))).status_code == 404


async def test_the_same_rule_sent_ten_times_at_once_is_made_once(books: Books) -> None:
    answers = await asyncio.gather(*(create(books, body(), key="ten-rules-1") for _ in range(10)))
    assert len({answer.content for answer in answers}) == 1
    assert await books.mongo.collection(COMMISSION_RULES).count_documents({}) == 1


LATER, LATEST = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"
WRONG: list[Any] = [
    body(bp=10_001),
    body(bp=-1),
    body(bp=True),
    body(bp=10.5),
    body("store"),
    body("store", scope_id=new_id("sto")),
    body("store_category", scope_id=new_id("sct")),
    body("global", scope_id=new_id("sto")),
    body("everything"),
    body(rank=10_001),
    body(valid_from=LATEST, valid_until=LATER),
    body(valid_until="2020-01-01T00:00:00Z"),
    body(valid_from="tomorrow"),
    body(least={"amount": 5, "currency": "SYP"}, most={"amount": 4, "currency": "SYP"}),
    body(least={"amount": 5, "currency": "SYP"}, most={"amount": 9, "currency": "EUR"}),
    body(most={"amount": 0, "currency": "SYP"}),
    body(is_active=False),
    body(name={"ar": "قاعدة"}),
    body(scope_id={"$ne": None}),
    {},
    [],
    None,
]


@pytest.mark.parametrize("wanted", WRONG, ids=range(len(WRONG)))
async def test_a_rule_that_makes_no_sense_is_refused(books: Books, wanted: Any) -> None:
    answer = await create(books, wanted)
    assert answer.status_code in (400, 422), answer.text
    assert await books.mongo.collection(COMMISSION_RULES).count_documents({}) == 0


async def test_rules_are_closed_to_everybody_without_the_right(books: Books) -> None:
    ali = await books.person()
    for headers, status in ((as_admin(new_id("acc")), 403), (ali.headers, 403), ({}, 401)):
        assert (await create(books, body(), headers)).status_code == status
        assert (await end(books, new_id("crl"), headers)).status_code == status
        assert (await books.client.get("/v1/admin/commission-rules", headers=headers)).status_code == status
    assert await books.mongo.collection(COMMISSION_RULES).count_documents({}) == 0
