"""What apply does to a real database, step by step, and what it leaves alone."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.collections import by_name
from daraa.declare import Collection, Expire, Index, Keep
from daraa.declare.collection import Database
from daraa.derive.examples import valid_document
from daraa.derive.validators import json_schema
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import FixedClock
from daraa.ops.schema.apply import Applied, apply_schema
from daraa.ops.schema.observe import observe
from daraa.ops.schema.plan import pending, plan_schema
from daraa.ops.schema.steps import Kind, Step
from daraa.ops.schema.wanted import wanted
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.schema_commands import count_misfits
from daraa.stores.mongo.schema_state import read_capabilities
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
CLOCK = FixedClock(datetime(2026, 11, 23, tzinfo=UTC))
Few = tuple[Collection[Any], ...]


async def apply(mongo: Mongo, collections: Few, *drop: str, **words: Any) -> Applied:
    return await apply_schema(mongo, wanted(collections, (), drop), lambda _: None, CLOCK, **words)


async def plan(mongo: Mongo, collections: Few) -> tuple[Step, ...]:
    live = await observe(mongo)
    return plan_schema(wanted(collections, ()), live, live.recorded.text)


def changed(collection: Collection[Any], **words: Any) -> Collection[Any]:
    return dataclasses.replace(collection, **words)


def index_name(collection: Collection[Any], serves: str) -> str:
    return collection.index_serving(serves).name


async def names(mongo: Mongo, collection: Collection[Any]) -> set[str]:
    return set(await mongo.collection(collection).index_information())


async def options(mongo: Mongo, collection: Collection[Any]) -> dict[str, Any]:
    found = await mongo.database(collection.database).list_collections(filter={"name": collection.db_name})
    return dict((await found.to_list())[0]["options"])


async def test_an_empty_database_is_brought_to_the_declarations_and_then_nothing_is_left(
    migrator: Mongo, few: Few
) -> None:
    first = await apply(migrator, few)
    assert first.complete
    assert {step.kind for step in first.done} == {Kind.CREATE, Kind.IN_PLACE}
    assert pending(await plan(migrator, few)) == ()
    assert (await apply(migrator, few)).done == ()
    for collection in few:
        assert {index.name for index in collection.all_indexes} | {"_id_"} == await names(migrator, collection)
        found = await options(migrator, collection)
        assert (found["validationAction"], found["validationLevel"]) == ("error", "strict")
        assert found["validator"] == json_schema(collection)


async def test_a_dropped_index_and_a_changed_ttl_are_mended_and_a_stray_is_reported_and_kept(
    migrator: Mongo, admin: Mongo, few: Few
) -> None:
    await apply(migrator, few)
    carts = by_name("carts")
    lost = index_name(carts, "a customer's carts by activity")
    ttl = index_name(carts, "the expiry by expires at")
    await admin.collection(carts).drop_index(lost)
    await admin.database().command("collMod", "carts", index={"name": ttl, "expireAfterSeconds": 60})
    await admin.collection(carts).create_index("currency", name="stray")

    found = {step.name: step for step in pending(await plan(migrator, few))}
    assert set(found) == {f"carts.{lost}", f"carts.{ttl}", "carts.stray"}
    assert "60 s instead of 0 s" in found[f"carts.{ttl}"].why

    await apply(migrator, few)
    assert [(step.kind, step.name) for step in pending(await plan(migrator, few))] == [(Kind.REPORT, "carts.stray")]
    assert "stray" in await names(migrator, carts)
    assert (await migrator.collection(carts).index_information())[ttl]["expireAfterSeconds"] == 0


async def test_a_stray_index_goes_only_when_it_is_named_and_a_declared_one_never(
    migrator: Mongo, admin: Mongo, few: Few
) -> None:
    await apply(migrator, few)
    carts = by_name("carts")
    await admin.collection(carts).create_index("currency", name="stray")
    declared = index_name(carts, "a customer's carts by activity")
    for wrong in (f"carts.{declared}", "carts.nothing", "elsewhere.stray"):
        with pytest.raises(DaraaError) as refused:
            await apply(migrator, few, wrong)
        assert refused.value.code == "schema.drop.unknown"
    assert "stray" in await names(migrator, carts)
    done = await apply(migrator, few, "carts.stray")
    assert [(step.kind, step.name) for step in done.done] == [(Kind.DESTRUCTIVE, "carts.stray")]
    assert await names(migrator, carts) == {index.name for index in carts.all_indexes} | {"_id_"}


async def test_an_undeclared_collection_is_reported_and_its_documents_stay(
    migrator: Mongo, admin: Mongo, few: Few
) -> None:
    await apply(migrator, few)
    await admin.database(Database.LEDGER)["oldBooks"].insert_one({"_id": 1})
    (left,) = pending((await apply(migrator, few)).left)
    assert (left.kind, left.name, left.database) == (Kind.REPORT, "oldBooks", Database.LEDGER)
    assert await admin.database(Database.LEDGER)["oldBooks"].count_documents({}) == 1


async def test_a_changed_index_is_built_beside_the_old_one_before_that_is_dropped(
    migrator: Mongo, few: Few, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply(migrator, few)
    carts = by_name("carts")
    serves = "a customer's carts by activity"
    old = index_name(carts, serves)
    others = tuple(index for index in carts.indexes if index.serves != serves)
    newer = changed(carts, indexes=(*others, Index("customer_id", "is_active", "updated_at", serves=serves)))
    new = index_name(newer, serves)
    seen: list[tuple[str, bool, bool]] = []
    drop = "daraa.stores.mongo.schema_commands.drop_index"

    async def watching(mongo: Mongo, part: Database, name: str, index: str) -> None:
        there = await names(mongo, carts)
        seen.append((index, old in there, new in there))
        await mongo.database(part).command({"dropIndexes": name, "index": index})

    monkeypatch.setattr(drop, watching)
    collections = tuple(newer if each is carts else each for each in few)
    kinds = [step.kind for step in await plan(migrator, collections) if step.name.startswith("carts.")]
    assert kinds == [Kind.SWAP, Kind.SWAP]
    assert (await apply(migrator, collections)).complete
    assert seen == [(old, True, True)]
    assert {old, new} & await names(migrator, carts) == {new}


async def test_the_same_index_under_another_name_is_replaced(migrator: Mongo, admin: Mongo, few: Few) -> None:
    await admin.database().create_collection("carts")
    await admin.collection(by_name("carts")).create_index([("customerId", 1), ("isActive", 1)], name="byHand")
    (step,) = [step for step in await plan(migrator, few) if step.kind is Kind.SWAP]
    assert "byHand" in step.why
    assert (await apply(migrator, few)).complete
    assert "byHand" not in await names(migrator, by_name("carts"))


async def test_a_renamed_collection_keeps_its_documents(migrator: Mongo, admin: Mongo, few: Few) -> None:
    carts = by_name("carts")
    await admin.database()["baskets"].insert_one(valid_document(carts, 1))
    collections = tuple(changed(each, was=("baskets",)) if each is carts else each for each in few)
    assert (await plan(migrator, collections))[0].kind is Kind.RENAME
    assert (await apply(migrator, collections)).complete
    assert pending(await plan(migrator, collections)) == ()
    assert await admin.collection(carts).count_documents({}) == 1
    assert "baskets" not in await admin.database().list_collection_names()


async def test_documents_that_do_not_fit_keep_the_validator_at_warn_until_they_are_mended(
    migrator: Mongo, admin: Mongo, few: Few
) -> None:
    carts = by_name("carts")
    good, bad = valid_document(carts, 1), valid_document(carts, 2) | {"state": "no such state"}
    await admin.database().create_collection("carts")
    await admin.collection(carts).insert_many([good, bad])

    first = await apply(migrator, few)
    assert not first.complete
    assert [(each.collection, each.count, each.example) for each in first.misfits] == [("carts", 1, bad["_id"])]
    assert (await options(migrator, carts))["validationAction"] == "warn"
    assert [step.name for step in pending(await plan(migrator, few))] == ["carts"]

    await admin.collection(carts).delete_one({"_id": bad["_id"]})
    assert (await apply(migrator, few)).complete
    assert (await options(migrator, carts))["validationAction"] == "error"


async def test_misfits_are_counted_over_windows_and_odd_ids(migrator: Mongo, admin: Mongo, few: Few) -> None:
    carts = by_name("carts")
    await admin.database().create_collection("carts")
    documents = [valid_document(carts, seed) for seed in range(25)]
    for number in (0, 9, 10, 24):
        documents[number]["ver"] = 0
    documents[3]["_id"] = 42
    await admin.collection(carts).insert_many(documents)
    counted = [each async for each in count_misfits(migrator, Database.MAIN, "carts", json_schema(carts), window=10)]
    assert counted[-1].misfits == 5
    assert len(counted) == 3


async def test_warn_can_be_asked_for_and_is_raised_by_the_next_apply(migrator: Mongo, few: Few) -> None:
    assert not (await apply(migrator, few, only_warn=True)).complete
    assert {(await options(migrator, each))["validationAction"] for each in few} == {"warn"}
    assert (await apply(migrator, few)).complete
    assert {(await options(migrator, each))["validationAction"] for each in few} == {"error"}


async def test_duplicates_that_prevent_a_unique_index_are_named_and_nothing_is_half_built(
    migrator: Mongo, admin: Mongo, few: Few
) -> None:
    orders = by_name("orders")
    await admin.database().create_collection("orders")
    twice = [valid_document(orders, seed) | {"orderNumber": "A-1"} for seed in (1, 2)]
    await admin.collection(orders).insert_many(twice)
    with pytest.raises(DaraaError) as refused:
        await apply(migrator, few)
    assert refused.value.code == "schema.index.duplicates"
    assert "orders" in refused.value.message
    await admin.collection(orders).update_one({"_id": twice[0]["_id"]}, {"$set": {"orderNumber": "A-2"}})
    assert (await apply(migrator, few)).complete


async def test_a_hidden_index_is_shown_to_the_planner_again(
    migrator: Mongo, admin: Mongo, few: Few, mongo_server: MongoServer
) -> None:
    if mongo_server.kind == "secantus-py":
        pytest.skip("the Python stand-in does not hide indexes")
    await apply(migrator, few)
    name = index_name(by_name("carts"), "a customer's carts by activity")
    await admin.database().command("collMod", "carts", index={"name": name, "hidden": True})
    (step,) = pending(await plan(migrator, few))
    assert "hidden" in step.why
    assert (await apply(migrator, few)).complete
    assert pending(await plan(migrator, few)) == ()


async def test_a_ttl_that_is_no_longer_declared_stops_deleting(migrator: Mongo, few: Few) -> None:
    carts = by_name("carts")
    kept = changed(carts, retention=Keep(because="a test says so"))
    assert isinstance(carts.retention, Expire)
    await apply(migrator, few)
    collections = tuple(kept if each is carts else each for each in few)
    (stray,) = pending(await plan(migrator, collections))[1:]
    assert stray.name == f"carts.{index_name(carts, 'the expiry by expires at')}"


async def test_what_the_server_lacks_is_reported_without_being_a_pending_change(
    migrator: Mongo, mongo_server: MongoServer, few: Few
) -> None:
    with_text = (*few, by_name("store_categories"))
    applied = await apply(migrator, with_text)
    capabilities = await read_capabilities(migrator)
    assert capabilities == applied.capabilities
    assert applied.complete
    assert capabilities.server
    lacking = [step for step in applied.left if not step.pending]
    if mongo_server.kind == "mongod":
        assert (capabilities.text, lacking) == (True, [])
    else:
        assert not capabilities.text
        assert ["no text indexes" in step.why for step in lacking] == [True]


async def test_the_probe_leaves_nothing_behind_even_after_a_kill(migrator: Mongo, admin: Mongo, few: Few) -> None:
    await admin.database()["schemaProbe"].insert_one({"left": "by a kill"})
    await apply(migrator, few)
    assert "schemaProbe" not in await admin.database().list_collection_names()
