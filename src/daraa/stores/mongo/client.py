"""Opens the database with the plan's pool figures, as one least-privilege account."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Any, TypeVar

import pymongo
import pymongo.errors
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from daraa.declare.access import user_name
from daraa.declare.collection import Collection, Database
from daraa.declare.document import Document
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import MongoSettings, Settings
from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.errors import may_retry_transaction, translated
from daraa.stores.mongo.listener import SignalListener
from daraa.stores.mongo.session import Session
from daraa.stores.mongo.waiting import mend_waiting

Raw = dict[str, Any]
D = TypeVar("D", bound=Document)
T = TypeVar("T")
CONFLICTS_S = 2.0
"""How long a transaction is tried again that others are in the way of, in seconds."""
CLOSES_WITHIN_S = 3.0
"""How long connections are given to close, in seconds; what is left ends with the process."""


class Mongo:
    """A connected database: collections by declaration, time bounds, transactions. Close it when done."""

    def __init__(
        self,
        client: AsyncMongoClient[Raw],
        settings: MongoSettings,
        capabilities: Capabilities,
        reopen: "Callable[[MongoSettings], Mongo] | None" = None,
    ) -> None:
        self.client = client
        self.settings = settings
        self.capabilities = capabilities
        self._reopen = reopen

    def database(self, part: Database = Database.MAIN) -> AsyncDatabase[Raw]:
        """One of our databases."""
        return self.client[self.settings.database + part.value]

    def collection(self, declared: Collection[Any]) -> AsyncCollection[Raw]:
        """The driver's handle of a declared collection."""
        return self.database(declared.database)[declared.db_name]

    async def ping(self) -> None:
        """One round trip to a server that can take writes; DaraaError when there is none within 2 s."""
        with translated("ping"), pymongo.timeout(2):
            await self.client.admin.command("ping")

    async def log_in(self) -> None:
        """One round trip that needs a password; `stores.access.denied` when the server refuses it."""
        with translated("log in"), pymongo.timeout(self.settings.server_selection_s):
            await self.client.admin.command("connectionStatus")

    def directly_to(self, host: str) -> "Mongo":
        """The same account on one member (`host:port`) alone, whatever its role; reads see that member's own state."""
        if self._reopen is None:
            raise TypeError("this handle was made without its account")
        settings = self.settings.model_copy(update={"url": f"mongodb://{host}/?directConnection=true", "pool_min": 0})
        return self._reopen(settings)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One short transaction (majority, snapshot): pass the session to every write inside."""
        with translated("transaction"):
            async with self.client.start_session() as session:
                await session.start_transaction(
                    read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
                )
                try:
                    yield session
                except BaseException:
                    await session.abort_transaction()
                    raise
                await _commit(session, self.settings.write_timeout_s)

    async def in_transaction(self, work: Callable[[Session], Awaitable[T]], *, longest_s: float | None = None) -> T:
        """Run `work` in a transaction and commit it; run it again when the server says that a retry may succeed.

        `work` may be called several times, so it decides on what it reads inside and calls nothing but the database.
        A commit whose answer was lost is asked for again. After `longest_s` seconds (`CONFLICTS_S` when it is not said)
        the last error is raised.
        """
        until = time.monotonic() + (CONFLICTS_S if longest_s is None else longest_s)
        pause = 0.005
        while True:
            try:
                async with self.transaction() as session:
                    return await work(session)
            except DaraaError as error:
                if not may_retry_transaction(error) or time.monotonic() + pause > until:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 — jitter, no secret
            pause = min(pause * 2, 0.5)

    async def close(self) -> None:
        """Give all connections back; a server that is away is not waited for, nor is the driver for long."""
        # The driver's own bound leaves out the wait for its lock, which was seen never to end (decision 0023).
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSES_WITHIN_S):
                with pymongo.timeout(1):
                    await self.client.close()


async def _commit(session: Session, longest_s: float) -> None:
    """Commit, and ask again while the server cannot say whether it did; a second commit changes nothing."""
    until = time.monotonic() + longest_s
    while True:
        try:
            return await session.commit_transaction()
        except pymongo.errors.PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)


def time_bound(seconds: float) -> AbstractContextManager[Any]:
    """Bound everything the database does in this block; an inner bound cannot exceed an outer one."""
    return pymongo.timeout(seconds)


_PREFERENCES = {
    "primary": ReadPreference.PRIMARY,
    "primaryPreferred": ReadPreference.PRIMARY_PREFERRED,
    "secondaryPreferred": ReadPreference.SECONDARY_PREFERRED,
}


def open_mongo(settings: Settings, account: str, *, capabilities: Capabilities | None = None) -> Mongo:
    """Open the configured database as `account` (`app`, `migrator`, …, or `admin`); connects lazily.

    Must be called inside the event loop that uses it. The password comes from the account's secret file.
    """
    mongo = with_address(settings)
    user = user_name(account, mongo.database)
    password = settings.secret(f"mongo_{user}").get_secret_value()

    def opened(where: MongoSettings) -> Mongo:
        client = make_client(where, user, password, app_name=f"daraa-{account}")
        return Mongo(client, where, capabilities or Capabilities(), opened)

    return opened(mongo)


def with_address(settings: Settings) -> MongoSettings:
    """The database settings; where no address is configured, that of the embedded server."""
    if settings.mongo.url:
        return settings.mongo
    url = f"mongodb://127.0.0.1:{settings.embedded.mongo_port}/?directConnection=true"
    return settings.mongo.model_copy(update={"url": url})


def make_client(settings: MongoSettings, user: str, password: str, *, app_name: str) -> AsyncMongoClient[Raw]:
    """The driver's client with the plan's pool figures (2.1)."""
    mend_waiting()
    tls: dict[str, Any] = {"tls": True, "tlsCAFile": settings.tls_ca_file} if settings.tls_ca_file else {}
    return AsyncMongoClient(
        settings.url,
        username=user,
        password=password,
        authSource="admin",
        appname=app_name,
        tz_aware=True,
        maxPoolSize=settings.pool_max,
        minPoolSize=settings.pool_min,
        maxIdleTimeMS=int(settings.pool_idle_s * 1000),
        connectTimeoutMS=int(settings.connect_s * 1000),
        serverSelectionTimeoutMS=int(settings.server_selection_s * 1000),
        retryReads=settings.retry,
        retryWrites=settings.retry,
        w=settings.write_concern if settings.write_concern == "majority" else int(settings.write_concern),
        journal=True,
        read_preference=_PREFERENCES[settings.read_preference],
        event_listeners=[SignalListener()],
        **tls,
    )
