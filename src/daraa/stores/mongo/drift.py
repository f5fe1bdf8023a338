"""Tells a running API whether the live database has what its queries rely on; reads as the app, changes nothing."""

from collections.abc import Iterable
from typing import Any

from daraa.declare.collection import Collection, Database
from daraa.declare.query import Query
from daraa.derive.fingerprint import fingerprint
from daraa.derive.indexes import index_spec
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.schema_commands import list_indexes
from daraa.stores.mongo.schema_state import WHOLE, capabilities_of, read_states


async def missing_indexes(mongo: Mongo, queries: Iterable[Query[Any]]) -> list[str]:
    """`orders.open_orders__1a2b3c` for every index that a query needs and that is not on the server, sorted.

    Text indexes are left out where the server has none: those searches use the folded words instead.
    """
    needed: dict[tuple[Database, str], set[str]] = {}
    text = capabilities_of((await read_states(mongo)).get(WHOLE, {})).text
    for query in queries:
        spec = index_spec(query.index)
        if spec.name == "_id_" or (spec.needs == "text" and not text):
            continue
        place = (query.collection.database, query.collection.db_name)
        needed.setdefault(place, set()).add(spec.name)
    missing = []
    for (part, name), indexes in needed.items():
        there = {each["name"] for each in await list_indexes(mongo, part, name) if not each.get("hidden")}
        missing += [f"{name}.{index}" for index in indexes - there]
    return sorted(missing)


async def schema_is_current(mongo: Mongo, collections: Iterable[Collection[Any]]) -> bool:
    """True when the last complete `schema apply` was made from exactly these declarations."""
    state = (await read_states(mongo)).get(WHOLE, {})
    return bool(state.get("fingerprint") == fingerprint(collections))
