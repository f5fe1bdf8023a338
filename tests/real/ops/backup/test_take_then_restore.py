"""A real take while others write, restored: everything stands at one moment, and the verification says so."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo import Mongo
from factories.backup_place import open_place
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio
PURSES, EACH = 4000, 100


async def move_money(client: Any, name: str, over: asyncio.Event, seed: int) -> int:
    """From one purse to another in the other database, by transactions; the sum never changes."""
    chance, moved = random.Random(seed), 0
    while not over.is_set():
        one, other, amount = chance.randrange(PURSES), chance.randrange(PURSES), chance.randint(1, 9)
        try:
            async with client.start_session() as session, await session.start_transaction():
                await client[name].purses.update_one({"_id": one}, {"$inc": {"sum": -amount}}, session=session)
                other_side = client[f"{name}_ledger"].purses
                await other_side.update_one({"_id": other}, {"$inc": {"sum": amount}}, session=session)
            moved += 1
        except OperationFailure as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
    return moved


async def total(client: Any, name: str) -> int:
    """Of both sides."""
    rows = [row for part in ("", "_ledger") for row in await client[name + part].purses.find().to_list()]
    assert len(rows) == 2 * PURSES
    return sum(row["sum"] for row in rows)


async def test_money_that_moves_while_the_backup_is_taken_is_neither_lost_nor_doubled(
    settings: Settings, admin: Mongo, tmp_path: Path
) -> None:
    async with open_place(settings, admin, tmp_path) as place, as_backup(admin, settings) as mongo:
        for part in ("", "_ledger"):
            purses = [{"_id": n, "sum": EACH, "filled": "x" * 500} for n in range(PURSES)]
            await place.client[place.prefix + part].purses.insert_many(purses)
        over = asyncio.Event()
        # Several at once: their commits stand in the oplog among each other, and the end of the take cuts some in two.
        moving = asyncio.gather(*(move_money(place.client, place.prefix, over, seed) for seed in range(3)))
        await asyncio.sleep(0.2)
        manifest = await taken(mongo, place.store, place.key, parallel=1)
        over.set()
        assert sum(await moving) > 5
        assert sum(each.documents for each in manifest.oplog) > 0, "nothing was moved meanwhile: this shows nothing"
        restored = await place.restore(manifest)
        assert restored.replayed > 0
        assert await total(place.client, place.target) == 2 * PURSES * EACH
        for as_archive in (False, True):
            path = tmp_path / f"dump{as_archive}"
            exported = await export_backup(await place.contents(manifest), path, as_archive=as_archive)
            wish = Wish(place.target, overwrite=place.target)
            again, _ = await restore_dump(settings, path, wish, SYSTEM_CLOCK)
            assert again.replayed == exported.entries > 0
            assert await total(place.client, place.target) == 2 * PURSES * EACH
        async with opened_target(settings, scratch_name(settings)) as scratch:
            receipt = await verify_backup(scratch, await place.contents(manifest), SYSTEM_CLOCK)
        assert receipt.ok, receipt.findings
