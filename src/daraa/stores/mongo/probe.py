"""Finds out by trying what the connected server can do; a server's name and version prove nothing."""

from typing import Any

from pymongo import timeout
from pymongo.errors import OperationFailure

from daraa.declare.collection import Database
from daraa.derive.roles import PROBE_COLLECTION
from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.schema_commands import READ_S, server_name

# The stand-ins answer 67 (CannotCreateIndex), a mongod without the feature 2 or 72; anything else is a real failure.
_NO_TEXT = {2, 67, 72, 115, 238}
_INDEXES = [
    {"name": "plain", "key": {"owner": 1}},
    {"name": "sorted", "key": {"owner": 1, "at": -1}},
    {"name": "partial", "key": {"owner": 1, "rank": 1}, "partialFilterExpression": {"state": "open"}},
]


async def probe(mongo: Mongo) -> Capabilities:
    """Try a text index and the planner in a scratch collection of the main database, and remove it again.

    The name is fixed and dropped first, so a run that was killed in the middle leaves nothing behind for long.
    Needs the rights of the migrator.
    """
    base = mongo.database(Database.MAIN)
    with translated("probe"), timeout(READ_S * 2):
        await base.drop_collection(PROBE_COLLECTION)
        try:
            await base.command({"createIndexes": PROBE_COLLECTION, "indexes": _INDEXES})
            await base[PROBE_COLLECTION].insert_many([_row(number) for number in range(200)])
            text = await _has_text(mongo)
            unhinted = await _plans_well(mongo)
        finally:
            await base.drop_collection(PROBE_COLLECTION)
    return Capabilities(text=text, plans_unhinted=unhinted, server=await server_name(mongo))


def _row(number: int) -> Raw:
    return {
        "_id": f"probe_{number:04}",
        "owner": f"owner_{number % 10}",
        "at": number,
        "rank": number % 7,
        "state": "open" if number % 3 == 0 else "done",
        "words": "apple pear",
    }


async def _has_text(mongo: Mongo) -> bool:
    base = mongo.database(Database.MAIN)
    index = {"name": "words", "key": {"words": "text"}, "default_language": "none"}
    try:
        await base.command({"createIndexes": PROBE_COLLECTION, "indexes": [index]})
        found = await base[PROBE_COLLECTION].find_one({"$text": {"$search": "pear"}})
    except OperationFailure as error:
        if error.code in _NO_TEXT:
            return False
        raise
    return found is not None


async def _plans_well(mongo: Mongo) -> bool:
    """True when equality with a sort, and a partial filter, each win the index made for them without a hint."""
    wanted: list[tuple[str, Raw]] = [
        ("sorted", {"filter": {"owner": "owner_3"}, "sort": {"at": -1}}),
        ("partial", {"filter": {"owner": "owner_3", "state": "open"}, "sort": {"rank": 1}}),
    ]
    for name, words in wanted:
        command = {"explain": {"find": PROBE_COLLECTION, **words}, "verbosity": "queryPlanner"}
        answer = await mongo.database(Database.MAIN).command(command)
        stages = list(_stages(answer["queryPlanner"]["winningPlan"]))
        names = {stage.get("indexName") for stage in stages} - {None}
        if names != {name} or any(stage.get("stage") == "SORT" for stage in stages):
            return False
    return True


def _stages(plan: Any) -> Any:
    if isinstance(plan, dict):
        yield plan
        for value in plan.values():
            yield from _stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from _stages(value)
