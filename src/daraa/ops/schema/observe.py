"""Reads what the live database looks like, from every member when there are several."""

from collections.abc import Iterable, Mapping
from typing import Any

from daraa.collections.schema_states import ChangeState
from daraa.declare.collection import Database
from daraa.ops.schema.live import Live, LiveCollection, LiveIndex, Place, Recorded, collection_from, index_from
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.members import each_other_member
from daraa.stores.mongo.schema_commands import list_collections, list_indexes, server_name
from daraa.stores.mongo.schema_state import WHOLE, read_states


async def observe(mongo: Mongo) -> Live:
    """Collections, validators, indexes and the record of the last apply. Reads only."""
    collections: dict[Place, LiveCollection] = {}
    for part in Database:
        for raw in await list_collections(mongo, part):
            indexes = await list_indexes(mongo, part, raw["name"])
            collections[part, raw["name"]] = collection_from(part, raw, indexes)
    members = {}
    async for host, member in each_other_member(mongo):
        members[host] = await _indexes_of(member, collections)
    return Live(collections, recorded_from(await read_states(mongo)), await server_name(mongo), members)


async def _indexes_of(member: Mongo, places: Iterable[Place]) -> dict[Place, tuple[LiveIndex, ...]]:
    return {
        (part, name): tuple(index_from(raw) for raw in await list_indexes(member, part, name)) for part, name in places
    }


def recorded_from(states: Mapping[str, Mapping[str, Any]]) -> Recorded:
    """The records of `schemaStates` in our words."""
    whole = states.get(WHOLE, {})
    done = {key for key, row in states.items() if key != WHOLE and row.get("state") == ChangeState.DONE.value}
    return Recorded(
        fingerprint=str(whole.get("fingerprint", "")),
        server=str(whole.get("server", "")),
        text=whole.get("hasText"),
        changes_done=frozenset(done),
    )
