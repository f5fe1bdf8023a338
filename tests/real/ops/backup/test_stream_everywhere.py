"""The same stream into every kind of repository: two at once are kept apart, and a moment comes back."""

import asyncio
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import list_backups
from daraa.ops.backup.stream import stream_slice
from daraa.stores.mongo import Mongo
from daraa.stores.objects import FolderTarget, S3Target, open_objects
from factories.backup_place import open_place
from factories.streams import canaries, restore_to, slice_of, windows_of
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio


async def test_streams_at_once_write_one_chain_from_which_a_moment_comes_back(
    settings: Settings, admin: Mongo, tmp_path: Path, kind: str, objects_place: FolderTarget | S3Target
) -> None:
    at_once = 1 if kind == "swift" else 2  # it promises nothing of two at the very same moment (decisions/0021)
    store = open_objects(objects_place)
    async with open_place(settings, admin, tmp_path, store) as place, as_backup(admin, settings) as mongo:
        rows = place.client[place.prefix].canaries
        await rows.insert_one({"_id": "0"})
        await taken(mongo, place.store, place.key)
        for number in range(1, 4):
            await rows.insert_one({"_id": f"{number}"})
            await asyncio.gather(*(stream_slice(mongo, store, place.key, SYSTEM_CLOCK) for _ in range(at_once)))
        middle = (await slice_of(mongo, place)).until
        await rows.insert_one({"_id": "later"})
        await slice_of(mongo, place)
        listing = await list_backups(store, place.key)
        (window,) = await windows_of(place)
        assert listing.problems == listing.slices.findings == ()
        assert (window.range.first, window.range.last) == (0, len(listing.slices.slices) - 1)
        await restore_to(place, middle)
        assert await canaries(place) == ["0", "1", "2", "3"]
