"""A database of one's own on the shared test server, as an installation has it: a prefix, a home, secret files.

Accounts belong to the whole server and are named after the prefix (`daraa.declare.access.user_name`), so every test
may create them without meeting another's: `apply_accounts` makes all of them, `migrator_only` the one that a schema
needs.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pymongo

from daraa.collections import ALL
from daraa.declare.access import ADMIN
from daraa.declare.collection import Database
from daraa.derive.roles import roles
from daraa.kernel.settings import MongoSettings, Settings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.account_commands import create_user, put_role
from daraa.stores.process.secret_files import ensure_secret
from servers.mongo import MongoServer


def own_settings(server: MongoServer, home: Path) -> Settings:
    """Settings with an unused prefix; the administrator's password is in its secret file, as on a real machine."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"mongo_{ADMIN}"
    path.write_text(server.admin_password)
    path.chmod(0o600)
    url = f"mongodb://{server.host}:{server.port}/?directConnection=true"
    mongo = MongoSettings(
        url=url, database=f"t{secrets.token_hex(5)}", pool_min=0, read_timeout_s=20, write_timeout_s=20
    )
    return Settings(home=home, mongo=mongo)


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give the `daraa` command these settings."""
    return {
        "DARAA_HOME": str(settings.home),
        "DARAA_MONGO_URL": settings.mongo.url,
        "DARAA_MONGO_DATABASE": settings.mongo.database,
        "DARAA_MONGO_SERVER_SELECTION_S": str(settings.mongo.server_selection_s),
        "DARAA_MONGO_READ_TIMEOUT_S": "20",
        "DARAA_MONGO_WRITE_TIMEOUT_S": "20",
    }


@asynccontextmanager
async def as_admin(server: MongoServer, settings: Settings) -> AsyncIterator[Mongo]:
    """The administrator on these databases; drops them and the accounts of this prefix at the end."""
    client: Any = pymongo.AsyncMongoClient(server.uri, tz_aware=True)
    try:
        yield Mongo(client, settings.mongo, Capabilities())
        for part in Database:
            await client.drop_database(settings.mongo.database + part.value)
        for role in roles((), settings.mongo.database).values():
            await client.admin.command("dropUser", role.name, check=False)
            await client.admin.command("dropRole", role.name, check=False)
    finally:
        await client.close()


async def migrator_only(admin: Mongo, settings: Settings) -> None:
    """The migrator's role and account, and nothing else: what a schema test needs, in a moment."""
    role = roles(ALL, settings.mongo.database)["migrator"]
    await put_role(admin, role.name, role.as_command(), exists=False)
    await create_user(admin, role.name, ensure_secret(settings.secrets_dir / f"mongo_{role.name}"))
