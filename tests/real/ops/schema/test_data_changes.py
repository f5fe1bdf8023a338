"""A data change reaches every document once, in bounded batches, and continues where it was interrupted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.collections import by_name
from daraa.declare.data_change import DataChange
from daraa.derive.examples import valid_document
from daraa.kernel.time import FixedClock
from daraa.ops.schema import changes
from daraa.ops.schema.apply import Applied, apply_schema
from daraa.ops.schema.steps import Kind
from daraa.ops.schema.wanted import wanted
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.schema_state import read_states

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
CARTS = by_name("carts")
CHANGE = DataChange(
    id="2026_11_carts_get_a_state",
    collection=CARTS,
    purpose="carts from before they had a state",
    where={"state": {"$exists": False}},
    update=({"$set": {"state": "open"}},),
    batch=10,
)
FEW = (by_name("schema_states"), CARTS)


async def apply(mongo: Mongo) -> Applied:
    clock = FixedClock(datetime(2026, 11, 23, tzinfo=UTC))
    return await apply_schema(mongo, wanted(FEW, (CHANGE,)), lambda _: None, clock)


async def fill(admin: Mongo, count: int) -> list[dict[str, Any]]:
    documents = [valid_document(CARTS, seed) for seed in range(count)]
    for document in documents[::2]:
        del document["state"]
    await admin.database().create_collection("carts")
    await admin.collection(CARTS).insert_many(documents)
    return documents


async def test_one_apply_changes_the_data_and_then_puts_the_validator_in_force(migrator: Mongo, admin: Mongo) -> None:
    documents = await fill(admin, 50)
    applied = await apply(migrator)
    assert applied.complete
    assert applied.misfits == ()
    stored = {each["_id"]: each async for each in admin.collection(CARTS).find({})}
    for before in documents:
        lacked = "state" not in before
        after = stored[before["_id"]]
        assert after == (before | {"state": "open", "ver": before["ver"] + 1} if lacked else before)
    state = (await read_states(migrator))[CHANGE.id]
    assert (state["state"], state["doneCount"]) == ("done", 25)
    (found,) = await (await admin.database().list_collections(filter={"name": "carts"})).to_list()
    assert found["options"]["validationAction"] == "error"


async def test_a_change_that_is_done_never_runs_again(migrator: Mongo, admin: Mongo) -> None:
    await fill(admin, 10)
    await apply(migrator)
    await admin.database().command("collMod", "carts", validationAction="warn")
    await admin.collection(CARTS).update_one({}, {"$unset": {"state": ""}})
    again = await apply(migrator)
    assert Kind.DATA not in {step.kind for step in again.done}
    assert [each.count for each in again.misfits] == [1]


async def test_an_interrupted_change_continues_behind_the_last_recorded_batch(
    migrator: Mongo, admin: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(admin, 60)
    batches: list[tuple[str, str]] = []
    real = changes.change_batch

    async def dying(mongo: Mongo, change: DataChange, first: str, last: str) -> int:
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append((first, last))
        return await real(mongo, change, first, last)

    monkeypatch.setattr(changes, "change_batch", dying)
    with pytest.raises(KeyboardInterrupt):
        await apply(migrator)
    state = (await read_states(migrator))[CHANGE.id]
    assert (state["state"], state["position"], state["doneCount"]) == ("running", batches[1][1], 20)

    batches.clear()
    monkeypatch.setattr(changes, "change_batch", real)
    assert (await apply(migrator)).complete
    assert await admin.collection(CARTS).count_documents({"state": {"$exists": False}}) == 0
    assert (await read_states(migrator))[CHANGE.id]["doneCount"] == 30
