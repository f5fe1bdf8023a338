"""Opens the place that a backup is restored into, with no more rights than that takes."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daraa.declare.collection import Database
from daraa.derive.roles import SCRATCH
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings
from daraa.stores.mongo.client import Mongo, open_mongo
from daraa.stores.mongo.restore_rights import is_scratch, lent

TARGET_INVALID = register(
    "backup.target.invalid", status=400, en="Nothing can be restored there", ar="لا يمكن الاستعادة إلى هناك"
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_SERVERS_OWN = ("admin", "local", "config")


def scratch_name(settings: Settings) -> str:
    """The main database that a verification restores into, and that the restore account may fill at any time."""
    return settings.mongo.database + SCRATCH[0]


def checked_target(settings: Settings, name: str) -> str:
    """The name itself; `backup.target.invalid` for what no installation could be called."""
    prefix = settings.mongo.database
    if is_scratch(name, prefix):
        return name
    parts = {prefix + part.value for part in Database} - {prefix}
    if name in _SERVERS_OWN or name in parts:
        raise _invalid(name, "it belongs to something else")
    if not _NAME.fullmatch(name):
        raise _invalid(name, "a name is 1 to 31 of a-z, 0-9 and _, and begins with a letter")
    return name


@asynccontextmanager
async def opened_target(settings: Settings, name: str) -> AsyncIterator[Mongo]:
    """The databases whose main one is called `name`, as the restore account.

    That account may fill the scratch; for any other name the administrator lends it the rights, and takes them back.
    """
    checked_target(settings, name)
    if is_scratch(name, settings.mongo.database):
        async with _as_restore(settings, name) as mongo:
            yield mongo
        return
    admin = open_mongo(_lean(settings), "admin")
    try:
        async with lent(admin, name), _as_restore(settings, name) as mongo:
            yield mongo
    finally:
        await admin.close()


@asynccontextmanager
async def _as_restore(settings: Settings, name: str) -> AsyncIterator[Mongo]:
    opened = open_mongo(_lean(settings), "restore")
    try:
        await opened.log_in()
        yield Mongo(opened.client, opened.settings.model_copy(update={"database": name}), opened.capabilities)
    finally:
        await opened.close()


def _lean(settings: Settings) -> Settings:
    return settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"pool_min": 0})})


def _invalid(name: str, why: str) -> DaraaError:
    return DaraaError(
        TARGET_INVALID,
        f"Nothing can be restored into {name!r}: {why}.",
        hint="Choose another name: --into daraa_restored.",
    )
