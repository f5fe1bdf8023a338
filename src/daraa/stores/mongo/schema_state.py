"""The database's own record of what was applied to it; the migrator writes it, the API compares itself with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import timeout

from daraa.collections.schema_states import SCHEMA_STATES, ChangeState
from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated

WHOLE = "schema"
"""The id of the record about the declarations as a whole; every other record is a data change's."""


async def read_states(mongo: Mongo) -> dict[str, Raw]:
    """Every record by its id; a handful at most."""
    with translated("find schemaStates"), timeout(mongo.settings.read_timeout_s):
        rows = await mongo.collection(SCHEMA_STATES).find({}).to_list(None)
    return {str(row["_id"]): row for row in rows}


async def read_capabilities(mongo: Mongo) -> Capabilities:
    """What the last apply found out about the server; the cautious defaults when there was none."""
    return capabilities_of((await read_states(mongo)).get(WHOLE, {}))


def capabilities_of(state: Mapping[str, Any]) -> Capabilities:
    """The abilities written into the record."""
    return Capabilities(
        text=bool(state.get("hasText", False)),
        plans_unhinted=bool(state.get("plansUnhinted", False)),
        server=str(state.get("server", "")),
    )


async def write_applied(
    mongo: Mongo, fingerprint: str, capabilities: Capabilities, applied_by: str, now: datetime
) -> None:
    """Record that the database now has the shape with this fingerprint, and what its server can do."""
    words = {
        "state": ChangeState.DONE.value,
        "fingerprint": fingerprint,
        "appliedBy": applied_by,
        "hasText": capabilities.text,
        "plansUnhinted": capabilities.plans_unhinted,
        "server": capabilities.server,
        "finishedAt": now,
    }
    await _write(mongo, WHOLE, words, {}, now)


async def write_progress(
    mongo: Mongo, change: str, position: str, done_more: int, applied_by: str, now: datetime
) -> None:
    """Record how far a data change has come: the last `_id` of the batch that is finished."""
    words = {"state": ChangeState.RUNNING.value, "position": position, "appliedBy": applied_by}
    await _write(mongo, change, words, {"doneCount": done_more}, now)


async def write_done(mongo: Mongo, change: str, applied_by: str, now: datetime) -> None:
    """Record that a data change is complete; it never runs here again."""
    words = {"state": ChangeState.DONE.value, "appliedBy": applied_by, "finishedAt": now}
    await _write(mongo, change, words, {"doneCount": 0}, now)


async def _write(mongo: Mongo, key: str, words: Raw, more: Raw, now: datetime) -> None:
    change = {
        "$set": {**words, "updatedAt": now},
        "$inc": {"ver": 1, **more},
        "$setOnInsert": {"schemaV": 1, "createdAt": now, **({} if more else {"doneCount": 0})},
    }
    with translated("update schemaStates"), timeout(mongo.settings.write_timeout_s):
        await mongo.collection(SCHEMA_STATES).update_one({"_id": key}, change, upsert=True)
