"""Carries out a plan of pruning; killed at any moment, the next run goes on, and no copy ever looks better than it is.

A deletion takes the manifest first (from then on it is no backup for anybody), then the objects, then the receipts,
and the tombstone last: while it stands, the next run knows what to finish.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from daraa import __version__
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import Clock
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import BackupState, State, list_backups
from daraa.ops.backup.deleting import delete_below, delete_one
from daraa.ops.backup.errors import PRUNE_STALE
from daraa.ops.backup.keys import BackupKey, load_key
from daraa.ops.backup.leftovers import see_leftovers
from daraa.ops.backup.manifest import Tombstone, sign
from daraa.ops.backup.plan import PrunePlan, plan_prune
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Action, Decision, Window
from daraa.ops.backup.retention_rule import Policy, policy_of
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import EXISTS, MISSING

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pruning:
    """All that deciding needs beside the listing."""

    repository: Repository
    key: BackupKey
    policy: Policy
    clock: Clock
    windows: tuple[Window, ...] = ()

    async def plan(self) -> PrunePlan:
        """List the repository and its unfinished uploads now, and decide."""
        made = await self.plan_copies()
        leftovers = await see_leftovers(self.repository.store, self.policy.grace, self.clock.now())
        return replace(made, leftovers=leftovers)

    async def plan_copies(self) -> PrunePlan:
        """The same without unfinished uploads."""
        listing = await list_backups(self.repository.store, self.key)
        return plan_prune(self.repository.name, listing, self.policy, self.clock.now(), self.windows)


def pruning_of(settings: Settings, repository: Repository, clock: Clock) -> Pruning:
    """The rule of the settings for that repository, with the key; raises as `load_key` does."""
    return Pruning(repository, load_key(settings), policy_of(settings.backup, repository.name), clock)


def _silent(line: str) -> None:
    """Nobody listens."""


async def prune(pruning: Pruning, agreed: PrunePlan, say: Say = _silent) -> tuple[Decision, ...]:
    """Do to copies what was agreed and is still right by a fresh listing; returns what was done.

    Raises `backup.prune.stale` when the copies that are to stay are not there any more, and the store's errors; what
    was done until then stands, and running again finishes the rest.
    """
    fresh = await pruning.plan_copies()
    wanted = {(each.backup_id, each.action) for each in agreed.steps}
    done: list[Decision] = []
    for step in fresh.steps:
        if (step.backup_id, step.action) not in wanted:
            continue
        say(f"{step.action} {step.backup_id}: {step.reason}")
        await _do(pruning, fresh, step)
        done.append(step)
    return tuple(done)


async def _do(pruning: Pruning, plan: PrunePlan, step: Decision) -> None:
    store, backup = pruning.repository.store, plan.backup(step.backup_id)
    if step.action is Action.REVIVE:
        await delete_one(store, layout.tombstone_key(step.backup_id))
    elif step.action is Action.TOMBSTONE:
        await _announce(pruning, backup, step.reason)
        mark("prune.announced")
    else:
        await _refuse_when_too_few_are_left(pruning, plan)
        await _remove(store, step.backup_id)


async def _announce(pruning: Pruning, backup: BackupState, reason: str) -> None:
    tombstone = Tombstone(
        backup_id=backup.backup_id,
        manifest_sha256=backup.manifest_sha256,
        at=pruning.clock.now(),
        reason=reason,
        tool_version=__version__,
    )
    content = sign(tombstone, pruning.key.signing)
    try:
        await pruning.repository.store.put(layout.tombstone_key(backup.backup_id), content, only_if_absent=True)
    except DaraaError as error:
        if error.code != EXISTS:  # somebody else prunes too: the first announcement counts
            raise


async def _refuse_when_too_few_are_left(pruning: Pruning, plan: PrunePlan) -> None:
    """Look once more, just before deleting, that the newest verified copies are really there."""
    verified = (each for each in plan.listing.backups if each.state is State.VERIFIED)
    for backup in islice(verified, pruning.policy.min_verified):
        try:
            await pruning.repository.store.head(layout.manifest_key(backup.backup_id))
        except DaraaError as error:
            if error.code != MISSING:
                raise
            raise DaraaError(
                PRUNE_STALE,
                f"The verified copy {backup.backup_id} vanished during the pruning; nothing more is deleted.",
                hint="Somebody else deletes there. Look with `daraa backup list`, then plan again.",
            ) from error


async def _remove(store: ObjectStore, backup_id: str) -> None:
    await delete_one(store, layout.manifest_key(backup_id))
    mark("prune.manifest_deleted")
    await delete_below(store, layout.backup_folder(backup_id))
    mark("prune.objects_deleted")
    await delete_below(store, f"{layout.RECEIPTS}/{backup_id}")
    mark("prune.receipts_deleted")
    await delete_one(store, layout.tombstone_key(backup_id))
