"""A process that takes one backup, so that tests can kill it: `python -m servers.taker <settings as JSON> <folder>`.

Writes the id of the backup and a line for every event, so that a test can kill it in the middle.
"""

import asyncio
import sys
from pathlib import Path

from daraa.kernel.settings import Settings
from daraa.stores.mongo import open_mongo
from factories.takes import folder, taken


async def main(settings: Settings, path: Path) -> None:
    """Take it."""
    mongo = open_mongo(settings, "backup")
    manifest = await taken(mongo, folder(path), tell=lambda event: print(event.step, flush=True))
    print(manifest.backup_id, flush=True)
    await mongo.close()


if __name__ == "__main__":
    asyncio.run(main(Settings.model_validate_json(sys.argv[1]), Path(sys.argv[2])))
