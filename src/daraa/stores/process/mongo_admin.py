"""The first conversation with a database server that we started: does it answer, and does it know its administrator."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from daraa.kernel.errors import DaraaError
from daraa.stores.process.errors import ADMIN_REFUSED, BOOTSTRAP_FAILED

_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_ALREADY_INITIALISED = 23
_LOOK_MS = 1000
"""How long a server that may not be there is looked for."""
_WAIT_MS = 10_000
"""How long one is waited for that has answered already: on a busy machine it may be slow."""

Client = AsyncMongoClient[dict[str, Any]]


async def answers_hello(host: str, port: int) -> bool:
    """True when a MongoDB-compatible server answers `hello` on this port."""
    async with _client(host, port, connect_ms=_LOOK_MS) as client:
        try:
            await client.admin.command("hello")
        except PyMongoError:
            return False
        return True


async def ensure_admin(host: str, port: int, user: str, password: str, *, within_s: float = 30.0) -> None:
    """Make sure that `user` can log in as root, creating it through the localhost exception on a fresh server.

    A `mongod` that was started with `--replSet` is initiated as a set of one first. Raises
    `process.database.admin_refused` when other users exist and the password is wrong.
    """
    deadline = time.monotonic() + within_s
    async with _client(host, port) as stranger:
        await _ensure_initiated(stranger, host, port, deadline)
        if await _can_log_in(host, port, user, password):
            return
        try:
            await stranger.admin.command("createUser", user, pwd=password, roles=[{"role": "root", "db": "admin"}])
        except OperationFailure as error:
            if error.code in (_UNAUTHORIZED, _AUTHENTICATION_FAILED):
                raise DaraaError(
                    ADMIN_REFUSED,
                    f"The database on {host}:{port} refuses the password of {user!r}.",
                    hint="Its data was made with other secrets: restore them, or move both away and start anew.",
                ) from error
            raise DaraaError(
                BOOTSTRAP_FAILED, f"The database on {host}:{port} would not create {user!r}: code {error.code}."
            ) from error
    # `ok: 1` proves nothing: read it back.
    if not await _can_log_in(host, port, user, password):
        raise DaraaError(BOOTSTRAP_FAILED, f"{user!r} was created on {host}:{port} but cannot log in.")


async def limit_transactions(host: str, port: int, user: str, password: str, seconds: int) -> bool:
    """Let the server end transactions older than `seconds`, until its next start; False when it knows no such limit."""
    async with _client(host, port, username=user, password=password, authSource="admin") as client:
        try:
            await client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=seconds)
            held = await client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
        except OperationFailure:
            return False
        return bool(held.get("transactionLifetimeLimitSeconds") == seconds)


async def touch_all_tables(host: str, port: int, user: str, password: str) -> None:
    """Make each table that SecantusDB spreads its collections over exist, through a scratch database that is dropped.

    There are 16, chosen by a hash of the full name; the names used here reach all of them on both servers (measured
    on 0.5.3-beta.196 and 0.7.0b3).
    """
    async with _client(host, port, username=user, password=password, authSource="admin") as client:
        scratch = client["fill"]
        for number in range(28):
            await scratch.command({"createIndexes": f"c{number}", "indexes": [{"name": "a", "key": {"a": 1}}]})
        await client.drop_database("fill")


async def _ensure_initiated(stranger: Client, host: str, port: int, deadline: float) -> None:
    hello = await stranger.admin.command("hello")
    if hello.get("isreplicaset") and not hello.get("setName"):
        member = {"_id": 0, "host": f"{host}:{port}"}
        try:
            await stranger.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        except OperationFailure as error:
            # After a crash between the two steps the set exists already, and strangers may not ask again.
            if error.code not in (_ALREADY_INITIALISED, _UNAUTHORIZED):
                raise DaraaError(
                    BOOTSTRAP_FAILED, f"The database on {host}:{port} cannot become a set of one: code {error.code}."
                ) from error
    while not (await stranger.admin.command("hello")).get("isWritablePrimary"):
        if time.monotonic() > deadline:
            raise DaraaError(
                BOOTSTRAP_FAILED,
                f"The database on {host}:{port} did not become primary.",
                hint="A set of one remembers its host and port: start it on the port it was made with.",
            )
        await asyncio.sleep(0.1)


async def _can_log_in(host: str, port: int, user: str, password: str) -> bool:
    async with _client(host, port, username=user, password=password, authSource="admin") as client:
        try:
            await client.admin.command("connectionStatus")
        except OperationFailure as error:
            if error.code == _AUTHENTICATION_FAILED:
                return False
            raise
        return True


@asynccontextmanager
async def _client(host: str, port: int, connect_ms: int = _WAIT_MS, **options: Any) -> AsyncIterator[Client]:
    client: Client = AsyncMongoClient(
        host,
        port,
        directConnection=True,
        serverSelectionTimeoutMS=connect_ms,
        connectTimeoutMS=connect_ms,
        socketTimeoutMS=10_000,
        maxPoolSize=1,
        appname="daraa-embedded",
        **options,
    )
    try:
        yield client
    finally:
        await client.close()
