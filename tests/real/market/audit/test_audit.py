"""Audit rows: written with the change or not at all, chained per thing, and every tampering is found."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.kernel.ids import new_id
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit, Break
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session
from factories.installation import build_indexes, installation
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
ADMIN = Actor(new_id("acc"), ip="127.0.0.1", request_id="req-00000001")


@pytest.fixture
async def mongo(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mongo]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as (_, admin):
        await build_indexes(admin, (AUDIT_LOGS,))
        yield admin


async def note(mongo: Mongo, target: str, **words: Any) -> None:
    audit = Audit(mongo)

    async def work(session: Session) -> None:
        await audit.record(session, ADMIN, "store.approve", "store", target, **words)

    await mongo.in_transaction(work, longest_s=20)


async def breaks(mongo: Mongo) -> list[tuple[int, str]]:
    return [(each.seq, each.problem) async for each in Audit(mongo).verify() if isinstance(each, Break)]


async def test_rows_of_a_thing_are_chained_and_say_who_what_and_why(mongo: Mongo) -> None:
    store = new_id("sto")
    await note(mongo, store, before={"status": "pending", "slug": "a"}, after={"status": "approved", "slug": "a"})
    await note(mongo, store, before={"status": "approved"}, after={"status": "suspended"}, reason="شكوى")
    rows = await Audit(mongo).list_of_target(store, limit=10)
    assert [(row.seq, row.reason) for row in rows] == [(2, "شكوى"), (1, None)]
    assert rows[0].prev_hash == rows[1].hash
    assert [(change.path, change.before, change.after) for change in rows[1].changes] == [
        ("status", '"pending"', '"approved"')
    ]
    assert (rows[0].actor_id, rows[0].ip, rows[0].request_id) == (ADMIN.account_id, "127.0.0.1", "req-00000001")
    assert await breaks(mongo) == []


async def test_secrets_and_telephone_numbers_do_not_get_in(mongo: Mongo) -> None:
    account = new_id("acc")
    before = {"password_hash": "argon-old", "phone": "+963933123456", "nested": {"token": "xyz"}}
    after = {"password_hash": "argon-new", "phone": "+963933999999", "nested": {"token": "uvw"}}
    await note(mongo, account, before=before, after=after)
    (row,) = await Audit(mongo).list_of_target(account, limit=10)
    text = row.model_dump_json()
    assert {change.path for change in row.changes} == {"password_hash", "phone", "nested"}
    for secret in ("argon", "963933", "xyz", "uvw"):  # none that an id or a hash could hold by chance
        assert f'"{secret}' not in text
        assert f"{secret}-" not in text


async def test_a_change_that_fails_leaves_no_row(mongo: Mongo) -> None:
    store = new_id("sto")

    async def fail(session: Session) -> None:
        await Audit(mongo).record(session, ADMIN, "store.approve", "store", store, after={"status": "x"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await mongo.in_transaction(fail)
    assert await Audit(mongo).list_of_target(store, limit=10) == []


async def test_many_changes_of_one_thing_at_once_make_one_whole_chain(mongo: Mongo) -> None:
    store = new_id("sto")
    await asyncio.gather(*(note(mongo, store, after={"n": n}) for n in range(20)))
    rows = await Audit(mongo).list_of_target(store, limit=50)
    assert sorted(row.seq for row in rows) == list(range(1, 21))
    assert await breaks(mongo) == []


@pytest.mark.parametrize(
    ("where", "change", "found"),
    [
        ({"seq": 2}, {"$set": {"reason": "nothing to see"}}, (2, "the row was changed after it was written")),
        ({"seq": 3}, {"$set": {"actorId": new_id("acc")}}, (3, "the row was changed after it was written")),
        ({"seq": 2}, None, (3, "rows 2 to 2 are missing")),
        ({"seq": 3}, {"$set": {"hash": "0" * 64}}, (3, "the row was changed after it was written")),
    ],
)
async def test_every_tampering_is_found(mongo: Mongo, where: Any, change: Any, found: tuple[int, str]) -> None:
    store = new_id("sto")
    for n in range(4):
        await note(mongo, store, after={"n": n}, reason=f"{n}")
    assert await breaks(mongo) == []
    rows = mongo.collection(AUDIT_LOGS)
    await (rows.delete_one(where) if change is None else rows.update_one(where, change))
    assert (await breaks(mongo))[0] == found


async def test_a_chain_whose_oldest_rows_were_exported_is_sound(mongo: Mongo) -> None:
    store = new_id("sto")
    for n in range(4):
        await note(mongo, store, after={"n": n})
    await mongo.collection(AUDIT_LOGS).delete_many({"seq": {"$lte": 2}})
    assert await breaks(mongo) == []
