"""Restoring dumps in tests, and refusals that leave nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.restoration import Restored
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from factories.backup_place import Place
from factories.backups import contents_of
from factories.dumps import ID_INDEX, Handmade


async def restore(place: Place, path: Path, tell: Any = lambda far: None, prefix: str = "", **words: Any) -> Restored:
    """Into the free name, unless told otherwise."""
    wish = Wish(**{"target": place.target, **words})
    return (await restore_dump(place.settings, path, wish, SYSTEM_CLOCK, tell, prefix=prefix))[0]


async def refused(place: Place, path: Path, **words: Any) -> DaraaError:
    """It must end in an error, and nothing may be there."""
    with pytest.raises(DaraaError) as found:
        await restore(place, path, **words)
    assert await contents_of(place.client, place.target) == {}
    return found.value


def shop(rows: int = 5) -> Handmade:
    """Of one database, `shop`."""
    made = Handmade()
    made.add("shop", "goods", [{"_id": n, "name": f"بضاعة {n}"} for n in range(rows)], indexes=[ID_INDEX])
    return made.add("shop", "none", [])
