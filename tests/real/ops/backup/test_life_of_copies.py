"""The whole life of real copies: taken, listed, verified, announced, deleted, and what is left still comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.catalog import State, list_backups, newest_backup
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Action
from daraa.ops.backup.take import take
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo import Mongo
from factories.backup_place import Place
from factories.made_backups import THREE_DAYS, keys
from factories.takes import as_backup

pytestmark = pytest.mark.anyio
POLICY = replace(THREE_DAYS, min_verified=1, max_age=timedelta(days=5))


async def verified(place: Place, backup_id: str) -> bool:
    async with opened_target(place.settings, scratch_name(place.settings)) as scratch:
        receipt = await verify_backup(scratch, await open_contents(place.store, backup_id, place.key), SYSTEM_CLOCK)
    return receipt.ok


async def test_copies_are_taken_listed_verified_and_pruned_and_what_is_left_comes_back(
    place: Place, admin: Mongo
) -> None:
    async with as_backup(admin, place.settings) as mongo:
        first, second, third = [(await take(mongo, place.store, place.key, SYSTEM_CLOCK)).backup_id for _ in range(3)]
    assert await newest_backup(place.store, place.key) == third
    assert {each.state for each in (await list_backups(place.store, place.key)).backups} == {State.COMPLETE}
    assert await verified(place, first)
    assert await verified(place, second)

    clock = FixedClock(SYSTEM_CLOCK.now())
    pruning = Pruning(Repository("local", "here", place.store), place.key, POLICY, clock)
    plan = await pruning.plan()
    assert {each.backup_id: each.action for each in plan.verdict.decisions} == {
        third: Action.KEEP,
        second: Action.KEEP,
        first: Action.TOMBSTONE,
    }
    await prune(pruning, plan)
    clock.advance(timedelta(days=4))
    assert [each.action for each in await prune(pruning, await pruning.plan())] == [Action.DELETE]
    assert [key for key in await keys(place.store) if first in key] == []
    listing = await list_backups(place.store, place.key)
    assert [(each.backup_id, each.state) for each in listing.backups] == [
        (third, State.COMPLETE),
        (second, State.VERIFIED),
    ]
    assert listing.problems == ()
    assert await verified(place, second)
