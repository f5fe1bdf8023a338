"""A process that streams the oplog, so that tests can kill it: `python -m servers.streamer <settings> <folder> <n>`.

Writes `n` slices without a pause, and the number of each when it is complete.
"""

import asyncio
import sys
from pathlib import Path

from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.stream import stream_slice
from daraa.stores.mongo import open_mongo
from factories.takes import folder


async def main(settings: Settings, path: Path, slices: int) -> None:
    """Stream."""
    mongo = open_mongo(settings, "backup")
    for _ in range(slices):
        made = await stream_slice(mongo, folder(path), load_key(settings), SYSTEM_CLOCK)
        print(made.slice.number if made else "overtaken", flush=True)
    await mongo.close()


if __name__ == "__main__":
    asyncio.run(main(Settings.model_validate_json(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
