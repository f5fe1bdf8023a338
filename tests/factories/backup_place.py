"""A small database with a repository beside it, and the account that restores: what tests of restoring begin with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daraa.derive.roles import roles
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.contents import Contents, open_contents
from daraa.ops.backup.keys import BackupKey, create_key
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.restoration import Restored
from daraa.ops.backup.restore import Wish, restore_backup
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.account_commands import create_user, put_role
from daraa.stores.objects import FolderTarget, ObjectStore, open_objects
from daraa.stores.process.secret_files import ensure_secret
from factories.backups import DATABASES, make_small_database, write_backup


@dataclass
class Place:
    """A small database, a repository, and the account that restores."""

    settings: Settings
    client: Any
    store: ObjectStore
    key: BackupKey

    @property
    def prefix(self) -> str:
        """Name of the database that was backed up."""
        return self.settings.mongo.database

    @property
    def target(self) -> str:
        """A free name to restore into."""
        return f"{self.prefix}_back"

    async def backup(self, **words: Any) -> Manifest:
        """Write one."""
        return await write_backup(self.client, self.prefix, self.store, self.key, **words)

    async def contents(self, manifest: Manifest) -> Contents:
        """Open one."""
        return await open_contents(self.store, manifest.backup_id, self.key)

    async def restore(self, manifest: Manifest, tell: Any = lambda far: None, **words: Any) -> Restored:
        """Into the free name, unless told otherwise."""
        contents = await self.contents(manifest)
        wish = Wish(**{"target": self.target, **words})
        restored, _ = await restore_backup(self.settings, contents, wish, SYSTEM_CLOCK, tell)
        return restored

    async def held(self) -> list[str]:
        """The roles that the restore account holds now."""
        found = await self.client.admin.command({"usersInfo": f"{self.prefix}_restore"})
        return sorted(each["role"] for each in found["users"][0]["roles"])


@asynccontextmanager
async def open_place(
    settings: Settings, admin: Mongo, folder: Path, store: ObjectStore | None = None
) -> AsyncIterator[Place]:
    """With an installation's settings and its administrator; the repository lies in `folder`, or is `store`."""
    role = roles((), settings.mongo.database)["restore"]
    await put_role(admin, role.name, role.as_command(), exists=False)
    await create_user(admin, role.name, ensure_secret(settings.secrets_dir / f"mongo_{role.name}"))
    await make_small_database(admin.client, settings.mongo.database)
    store = store or open_objects(FolderTarget(folder / "repository"))
    made = Place(settings, admin.client, store, create_key(settings))
    yield made
    await store.close()
    for name in (made.target, f"{made.prefix}_scratch"):
        for part in DATABASES:
            await admin.client.drop_database(name + part)
