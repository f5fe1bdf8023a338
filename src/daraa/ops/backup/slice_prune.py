"""Carries out what retention says of slices; killed at any moment, the next run goes on, and nothing looks whole.

The oldest go first, each slice's signed file before its objects, so that a window only ever shrinks from its
beginning; the tombstone goes last.
"""

from collections.abc import Callable

from daraa import __version__
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.ops.backup import layout
from daraa.ops.backup.deleting import AT_ONCE, delete_all, delete_one
from daraa.ops.backup.errors import PRUNE_STALE
from daraa.ops.backup.manifest import sign
from daraa.ops.backup.plan import PrunePlan
from daraa.ops.backup.prune import Pruning
from daraa.ops.backup.retention import Action
from daraa.ops.backup.slice_files import SliceTombstone
from daraa.ops.backup.slice_retention import SliceDecision
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import EXISTS, MISSING

Say = Callable[[str], None]


def _silent(line: str) -> None:
    """Nobody listens."""


async def prune_slices(pruning: Pruning, agreed: PrunePlan, say: Say = _silent) -> tuple[SliceDecision, ...]:
    """Do what was agreed about slices and is still right by a fresh listing; returns what was done.

    Raises `backup.prune.stale` when the slice that is to stay first is not there any more, and the store's errors.
    """
    if not agreed.slice_steps:
        return ()
    store, fresh = pruning.repository.store, await pruning.plan_copies()
    wanted = {(each.last, each.action) for each in agreed.slice_steps}
    done = []
    for step in fresh.slice_steps:
        if (step.last, step.action) not in wanted:
            continue
        say(f"{step.action} slices {step.first} to {step.last}: {step.reason}")
        if step.action is Action.REVIVE:
            await delete_one(store, layout.slice_tombstone_key(step.last))
        elif step.action is Action.TOMBSTONE:
            await _announce(pruning, fresh, step)
            mark("prune.slices_announced")
        else:
            await _refuse_when_the_rest_is_gone(store, fresh, step)
            await _remove(store, step.last)
        done.append(step)
    return tuple(done)


async def _announce(pruning: Pruning, plan: PrunePlan, step: SliceDecision) -> None:
    last = next(each for each in plan.listing.slices.slices if each.number == step.last)
    tombstone = SliceTombstone(
        through=step.last, sha256=last.sha256, at=pruning.clock.now(), reason=step.reason, tool_version=__version__
    )
    content = sign(tombstone, pruning.key.signing)
    try:
        await pruning.repository.store.put(layout.slice_tombstone_key(step.last), content, only_if_absent=True)
    except DaraaError as error:
        if error.code != EXISTS:  # somebody else prunes too: the first announcement counts
            raise


async def _refuse_when_the_rest_is_gone(store: ObjectStore, plan: PrunePlan, step: SliceDecision) -> None:
    """Look once more, just before deleting, that the slice which is then the oldest is really there."""
    kept = next((each.number for each in plan.listing.slices.slices if each.number > step.last), None)
    try:
        if kept is not None:
            await store.head(layout.slice_key(kept))
            return
    except DaraaError as error:
        if error.code != MISSING:
            raise
    raise DaraaError(
        PRUNE_STALE,
        f"No slice after {step.last} is there any more; nothing more is deleted.",
        hint="Somebody else deletes there. Look with `daraa backup list`, then plan again.",
    )


async def _remove(store: ObjectStore, through: int) -> None:
    keys = [info.key async for info in store.list(layout.SLICES)]
    for key in keys:
        number = layout.number_of(key)
        if number is not None and number <= through:
            await delete_one(store, key)
    mark("prune.slice_files_deleted")
    last = f"{layout.SLICE_DATA}/{through:012d}"
    batch: list[str] = []
    async for info in store.list(layout.SLICE_DATA):
        if "/".join(info.key.split("/")[:3]) > last:
            break
        batch.append(info.key)
        if len(batch) == AT_ONCE:
            await delete_all(store, batch)
            batch = []
    await delete_all(store, batch)
    mark("prune.slice_data_deleted")
    async for info in store.list(layout.SLICE_TOMBSTONES):
        number = layout.number_of(info.key)
        if number is not None and number <= through:
            await delete_one(store, info.key)
