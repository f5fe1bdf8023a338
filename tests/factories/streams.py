"""What tests of the oplog stream share: slices, a restore to a moment, canaries."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import list_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.keys import BackupKey
from daraa.ops.backup.manifest import sign
from daraa.ops.backup.point_in_time import find_point, open_journey, parse_moment
from daraa.ops.backup.restoration import Restored
from daraa.ops.backup.restore import Wish, restore_backup
from daraa.ops.backup.slice_files import Slice
from daraa.ops.backup.stream import stream_slice
from daraa.ops.backup.windows import PointWindow, point_windows
from daraa.stores.mongo import Mongo
from daraa.stores.objects import ObjectStore
from factories.backup_place import Place
from factories.backups import DATABASES


async def slice_of(mongo: Mongo, place: Place, **words: Any) -> Slice:
    """The next one."""
    made = await stream_slice(mongo, place.store, place.key, SYSTEM_CLOCK, **words)
    assert made is not None
    return made.slice


async def windows_of(place: Place) -> tuple[PointWindow, ...]:
    """The windows of the repository, newest first."""
    return point_windows(await list_backups(place.store, place.key))


async def restore_to(place: Place, moment: str, backup_id: str = "", **words: Any) -> Restored:
    """Into the free name, which is emptied first."""
    listing = await list_backups(place.store, place.key)
    point = find_point(listing, parse_moment(moment), backup_id)
    journey = await open_journey(place.store, place.key, point)
    contents = await open_contents(place.store, point.backup_id, place.key)
    wish = Wish(**{"target": place.target, **words})
    restored, _ = await restore_backup(place.settings, contents, wish, SYSTEM_CLOCK, journey=journey)
    return restored


async def forget(place: Place) -> None:
    """Empty the free name."""
    for part in DATABASES:
        await place.client.drop_database(place.target + part)


async def canary(place: Place, name: str) -> str:
    """Write one, and wait until its second is over; that second, as `--to` takes it."""
    await place.client[place.prefix].canaries.insert_one({"_id": name})
    wanted = {"ns": f"{place.prefix}.canaries", "op": "i", "o._id": name}
    while (entry := await place.client.local["oplog.rs"].find_one(wanted)) is None:
        await asyncio.sleep(0.01)
    second = entry["ts"].time
    await asyncio.sleep(max(0.0, second + 1.05 - datetime.now(UTC).timestamp()))
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def canaries(place: Place) -> list[str]:
    """Those that came back."""
    return sorted([row["_id"] async for row in place.client[place.target].canaries.find()])


async def rewrite(store: ObjectStore, key: BackupKey, number: int, **words: Any) -> None:
    """Change a slice's file and sign it anew, as only who has the key can."""
    content = json.loads(b"".join([piece async for piece in store.get(layout.slice_key(number))]))
    changed = Slice.model_validate_json(json.dumps(content["body"])).model_copy(update=words)
    await store.put(layout.slice_key(number), sign(changed, key.signing))
