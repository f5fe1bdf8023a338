"""Runs one data change in bounded batches by `_id`, so that it can be killed anywhere and continue."""

from collections.abc import Callable

from daraa.declare.data_change import DataChange
from daraa.kernel.time import Clock
from daraa.stores.mongo.change_commands import change_batch, next_batch
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.schema_state import read_states, write_done, write_progress

Say = Callable[[str], None]


async def run_change(mongo: Mongo, change: DataChange, say: Say, clock: Clock, applied_by: str) -> int:
    """Continue after the last recorded batch until no document is left; returns how many were changed now.

    A batch that was changed but not recorded is looked at again: its documents no longer match `where`.
    """
    state = (await read_states(mongo)).get(change.id, {})
    position = str(state.get("position", ""))
    before = int(state.get("doneCount", 0))
    changed = 0
    while ids := await next_batch(mongo, change, position):
        done = await change_batch(mongo, change, ids[0], ids[-1])
        changed, position = changed + done, ids[-1]
        await write_progress(mongo, change.id, position, done, applied_by, clock.now())
        say(f"    {change.id}: {before + changed:,} documents changed, at {position}")
    await write_done(mongo, change.id, applied_by, clock.now())
    return changed
