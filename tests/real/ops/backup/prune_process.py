"""Prunes a folder in a process of its own, which a test may doom: arguments folder, time, crash point."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from daraa.kernel.crashpoints import arm
from daraa.kernel.time import FixedClock
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.slice_prune import prune_slices
from daraa.stores.objects import FolderTarget, open_objects
from factories.made_backups import KEY, THREE_DAYS


async def run(folder: Path, now: datetime) -> None:
    store = open_objects(FolderTarget(folder))
    pruning = Pruning(Repository("local", str(folder), store), KEY, THREE_DAYS, FixedClock(now))
    plan = await pruning.plan()
    await prune(pruning, plan)
    await prune_slices(pruning, plan)
    await store.close()


if __name__ == "__main__":
    arm(sys.argv[3])
    asyncio.run(run(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
