"""An old database and the declarations it must be brought to: together they need every kind of step."""

import dataclasses
from typing import Any

from daraa.collections import by_name
from daraa.declare import Collection, Index
from daraa.declare.collection import Database
from daraa.declare.data_change import DataChange
from daraa.derive.examples import valid_document
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema
from daraa.ops.schema.steps import Wanted
from daraa.ops.schema.wanted import wanted

SERVES = "a customer's carts by activity"
DOCUMENTS = 25


def declared() -> tuple[Collection[Any], ...]:
    """Carts with an index that was changed, wallets with a former name, schema states and otps as they are."""
    carts = by_name("carts")
    others = tuple(index for index in carts.indexes if index.serves != SERVES)
    newer = Index("customer_id", "is_active", "updated_at", serves=SERVES)
    return (
        by_name("schema_states"),
        dataclasses.replace(carts, indexes=(*others, newer)),
        dataclasses.replace(by_name("wallets"), was=("purses",)),
        by_name("otps"),
    )


def asked() -> Wanted:
    """The declarations with a data change that every cart needs; its batches are small so that there are several."""
    change = DataChange(
        id="2026_11_carts_get_a_state",
        collection=by_name("carts"),
        purpose="carts from before they had a state",
        where={"state": {"$exists": False}},
        update=({"$set": {"state": "open"}},),
        batch=10,
    )
    return wanted(declared(), (change,))


async def make_old_database(client: Any, prefix: str) -> None:
    """Old carts (an old index, one of another name, another TTL, no validator), renamed wallets, a stray index."""
    base, carts = client[prefix], by_name("carts")
    old = []
    for spec in index_plan(carts):
        words = spec.as_command()
        if "expireAfterSeconds" in words:
            words["expireAfterSeconds"] = 999
        if spec.serves == "a guest's open cart":
            words["name"] = "byHand"
        old.append(words)
    documents = [valid_document(carts, seed) for seed in range(DOCUMENTS)]
    for document in documents:
        del document["state"]
    await base.create_collection("carts")
    await base.command("createIndexes", "carts", indexes=[*old, {"name": "stray", "key": {"currency": 1}}])
    await base["carts"].insert_many(documents)
    await base.create_collection("purses", validator=json_schema(by_name("wallets")))
    await base["purses"].insert_one(valid_document(by_name("wallets"), 1))


async def end_state(client: Any, prefix: str) -> dict[str, Any]:
    """What a rerun must bring about: options, indexes, documents and the record, but for its times and progress."""
    found: dict[str, Any] = {}
    for part in Database:
        base = client[prefix + part.value]
        for row in await (await base.list_collections()).to_list():
            name = row["name"]
            indexes = sorted(await (await base[name].list_indexes()).to_list(), key=lambda index: index["name"])
            documents = await base[name].find({}).sort("_id", 1).to_list()
            if name == "schemaStates":
                told = ("_id", "state", "fingerprint", "hasText", "plansUnhinted", "server")
                documents = [{key: each.get(key) for key in told} for each in documents]
            found[f"{part.name}.{name}"] = (row["options"], [dict(each) for each in indexes], documents)
    return found
