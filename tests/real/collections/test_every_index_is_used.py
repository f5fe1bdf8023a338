"""Every declared index is explained on the live server with the query it serves, over ten thousand documents.

On a real `mongod` the index must win unhinted. On the stand-in it is hinted, must be scanned, and must examine a
bounded number of keys. What the stand-in cannot do at all is listed below with the reason; it
counts as unknown, not as passed.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pymongo
import pytest
from pymongo.errors import OperationFailure

from daraa.collections import ALL
from daraa.declare import Collection, Query
from daraa.declare.filters import In, Is
from daraa.declare.indexes import AnyIndex, Ttl
from daraa.declare.names import to_db_path
from daraa.declare.query import Slot
from daraa.derive.examples import valid_document
from daraa.derive.indexes import index_plan, index_spec
from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo, Near
from daraa.stores.mongo.codec import encode_value
from daraa.stores.mongo.reading import build_filter, build_sort
from queries import every_query
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
DOCUMENTS = 10_000
MATCHING = 40
LIMIT = 20
# A page of 20 may touch this many keys: its own, those that residual conditions reject, and the ends of ranges.
MOST_KEYS = 12 * LIMIT

UNKNOWN_ON_STAND_IN = {
    "text": "the stand-in has no text indexes",
    "geo": "the stand-in reads every key of a 2dsphere index, hinted or not, and so cannot show that it is of use",
    "partial $in": "the stand-in never uses an index whose partial filter holds $in",
}

UNKNOWN = {
    "addresses: addresses inside an area",
    "courier_profiles: couriers near a point",
    "delivery_zones: the zones that cover a point",
    "orders: a customer's open orders",
    "orders: deliveries near a point",
    "orders: finished orders by completion",
    "orders: open orders by the time they are due",
    "payments: finished payments by completion",
    "products: products by text, best match first",
    "store_categories: kinds of stores by text",
    "store_owner_profiles: stores near a point",
}

BY_COLLECTION = [each for each in ALL if each.all_indexes]


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True)
    yield Mongo(client, MongoSettings(database="explained", read_timeout_s=30), Capabilities())
    for part in ("", "_ledger", "_audit"):
        await client.drop_database("explained" + part)
    await client.close()


def unknown(index: AnyIndex, kind: str) -> str:
    """Why this index cannot be shown on a server of this kind; empty where it can."""
    if kind == "mongod":
        return ""
    if any(key.direction == "text" for key in index.keys):
        return UNKNOWN_ON_STAND_IN["text"]
    if any(key.direction == "2dsphere" for key in index.keys):
        return UNKNOWN_ON_STAND_IN["geo"]
    if "$in" in str(index_spec(index).options.get("partialFilterExpression", "")):
        return UNKNOWN_ON_STAND_IN["partial $in"]
    return ""


@pytest.mark.parametrize("collection", BY_COLLECTION, ids=lambda each: each.name)
async def test_every_index_serves_its_query(
    collection: Collection[Any], mongo: Mongo, mongo_server: MongoServer
) -> None:
    if mongo_server.kind == "secantus-py":
        pytest.skip("the Python stand-in scans where MongoDB would use an index; the Rust one shows plans")
    queries = [query for query in every_query() if query.collection is collection and query.serves != "by id"]
    await fill(mongo, collection, queries)
    try:
        for index in collection.all_indexes:
            if not unknown(index, mongo_server.kind):
                await show(mongo, collection, index, queries, hinted=mongo_server.kind != "mongod")
    finally:
        await mongo.collection(collection).drop()


async def fill(mongo: Mongo, collection: Collection[Any], queries: list[Query[Any]]) -> None:
    """Ten thousand documents that differ, and for each query some that match it; indexes first, as in life.

    (The Rust stand-in never finishes a 2dsphere index over ten thousand documents that are there already.)
    """
    handle = mongo.collection(collection)
    for spec in index_plan(collection):
        try:
            await handle.create_indexes([pymongo.IndexModel(list(spec.keys), name=spec.name, **spec.options)])
        except OperationFailure:
            if not spec.needs:
                raise
    documents = [sample(collection, seed) for seed in range(DOCUMENTS)]
    for number, query in enumerate(queries):
        start = number * MATCHING
        for document in documents[start : start + MATCHING]:
            make_match(query, document)
    await handle.insert_many(documents, ordered=False)


def sample(collection: Collection[Any], seed: int) -> dict[str, Any]:
    """A valid document whose indexed places lie around Daraa: shapes thrown over the whole globe are nobody's data."""
    document = valid_document(collection, seed)
    for index in collection.all_indexes:
        for key in index.keys:
            if key.direction == "2dsphere":
                put(document, key.path, somewhere(look(document, key.path)["type"], seed))
    return document


def somewhere(kind: str, seed: int) -> dict[str, Any]:
    x, y = 36.0 + seed % 100 / 100, 32.5 + seed // 100 / 100
    if kind == "Point":
        return {"type": "Point", "coordinates": [x, y]}
    ring = [[x, y], [x + 0.008, y], [x + 0.008, y + 0.008], [x, y + 0.008], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def make_match(query: Query[Any], document: dict[str, Any]) -> None:
    """Change the document so that the query's fixed conditions hold."""
    for part in (*query.where, *query.also):
        if isinstance(part, Is):
            put(document, part.path, encode_value(part.value))
        elif isinstance(part, In):
            put(document, part.path, encode_value(part.values[0]))


def put(document: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = to_db_path(path).split(".")
    for name in parents:
        document = document[name][0] if isinstance(document[name], list) else document[name]
    document[last] = [value] if isinstance(document.get(last), list) else value


def look(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for name in to_db_path(path).split("."):
        found = found[0] if isinstance(found, list) else found
        found = found[name]
    return found


async def show(
    mongo: Mongo, collection: Collection[Any], index: AnyIndex, queries: list[Query[Any]], *, hinted: bool
) -> None:
    """Explain every query of the index; for TTL the question that the server's own monitor asks."""
    serving = [query for query in queries if query.serves == index.serves]
    if isinstance(index, Ttl):
        path = to_db_path(index.keys[0].path)
        newest = await mongo.collection(collection).find_one({path: {"$exists": True}}, sort=[(path, 1)])
        assert newest is not None, f"no example of {collection.name} has {path}"
        await explain(mongo, collection, index, {path: {"$lte": newest[path]}}, [], hinted=hinted)
        return
    assert serving, f"no query is served by {index.serves!r}"
    for query in serving:
        number = queries.index(query) * MATCHING
        target = sample(collection, number)
        make_match(query, target)
        wanted = build_filter(query, {part.arg: argument(part, target) for part in slots(query)})
        await explain(mongo, collection, index, wanted, build_sort(query.sort), hinted=hinted)


def slots(query: Query[Any]) -> list[Slot]:
    return [part for part in (*query.where, *query.also) if isinstance(part, Slot)]


def argument(part: Slot, target: Mapping[str, Any]) -> Any:
    """A value for the slot that makes the target match."""
    if part.op == "text":
        return "word"
    value = look(target, part.path)
    if part.op == "near":
        longitude, latitude = value["coordinates"]
        return Near(longitude, latitude, 1000)
    if part.op in ("within", "intersects"):
        return around(value)
    if part.op in ("in", "all"):
        return value[:1] if isinstance(value, list) else [value]
    value = value[0] if isinstance(value, list) else value
    step = timedelta(seconds=1) if isinstance(value, datetime) else 1
    return value - step if part.op == "gt" else value + step if part.op == "lt" else value


def around(geometry: Mapping[str, Any]) -> Any:
    """The geometry itself, or a small square around a point."""
    if geometry["type"] != "Point":
        return geometry
    x, y = geometry["coordinates"]
    ring = [(x - 0.01, y - 0.01), (x + 0.01, y - 0.01), (x + 0.01, y + 0.01), (x - 0.01, y + 0.01)]
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in [*ring, ring[0]]]]}


async def explain(
    mongo: Mongo,
    collection: Collection[Any],
    index: AnyIndex,
    wanted: Mapping[str, Any],
    sort: list[tuple[str, int]],
    *,
    hinted: bool,
) -> None:
    command: dict[str, Any] = {"find": collection.db_name, "filter": wanted, "limit": LIMIT}
    geo = any(key.direction == "2dsphere" for key in index.keys)
    if sort:
        command["sort"] = dict(sort)
    if hinted and not geo:
        command["hint"] = index.name
    answer = await mongo.database(collection.database).command("explain", command, verbosity="executionStats")
    seen = f"{collection.name}: {index.serves}: {answer['queryPlanner']['winningPlan']} {answer['executionStats']}"
    names = set(words(answer["queryPlanner"]["winningPlan"], "indexName"))
    stages = set(words(answer["queryPlanner"]["winningPlan"], "stage"))
    assert names == {index.name}, seen
    assert "COLLSCAN" not in stages, seen
    assert "SORT" not in stages, seen
    assert answer["executionStats"]["nReturned"] >= 1, seen
    assert answer["executionStats"]["totalKeysExamined"] <= MOST_KEYS, seen


def words(plan: Any, key: str) -> list[str]:
    """Every value under `key` anywhere in the plan."""
    if isinstance(plan, Mapping):
        own = [plan[key]] if isinstance(plan.get(key), str) else []
        return own + [word for value in plan.values() for word in words(value, key)]
    if isinstance(plan, list):
        return [word for value in plan for word in words(value, key)]
    return []


def test_what_the_stand_in_cannot_show_is_exactly_this() -> None:
    shown = {
        f"{collection.name}: {index.serves}"
        for collection in ALL
        for index in collection.all_indexes
        if unknown(index, "secantus-rs")
    }
    assert shown == UNKNOWN
