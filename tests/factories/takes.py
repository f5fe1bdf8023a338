"""What the tests of `daraa backup take` share: the backup's account and nothing more, a repository, a look inside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from daraa.collections import ALL
from daraa.derive.roles import roles
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.keys import BackupKey, derive_key
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.take import take
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.account_commands import create_user, put_role
from daraa.stores.objects import FolderTarget, ObjectStore, open_objects
from daraa.stores.process.secret_files import ensure_secret

KEY = derive_key(b"k" * 32)


@asynccontextmanager
async def as_backup(admin: Mongo, settings: Settings) -> AsyncIterator[Mongo]:
    """The backup account with exactly its declared rights."""
    role = roles(ALL, settings.mongo.database)["backup"]
    await put_role(admin, role.name, role.as_command(), exists=False)
    await create_user(admin, role.name, ensure_secret(settings.secrets_dir / f"mongo_{role.name}"))
    mongo = open_mongo(settings, "backup")
    try:
        yield mongo
    finally:
        await mongo.close()


def folder(path: Path) -> ObjectStore:
    """A repository in a folder."""
    return open_objects(FolderTarget(path))


async def taken(mongo: Mongo, store: ObjectStore, key: BackupKey = KEY, **words: Any) -> Manifest:
    """A backup."""
    return await take(mongo, store, key, SYSTEM_CLOCK, **{"parallel": 3, **words})


async def on_one_day() -> None:
    """Wait for the next day (UTC) when this one is nearly over: of each of two days retention keeps a copy."""
    now = SYSTEM_CLOCK.now()
    tomorrow = (now + timedelta(minutes=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    if tomorrow > now:
        await asyncio.sleep((tomorrow - now).total_seconds())


async def manifests(store: ObjectStore) -> list[str]:
    """Keys of all manifests: a backup without one is none."""
    return [each.key async for each in store.list("backups") if each.key.endswith("manifest.json")]
