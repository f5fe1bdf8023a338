"""Opens the database with the plan's pool figures, as one least-privilege account."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, TypeVar

import pymongo
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from daraa.declare.access import user_name
from daraa.declare.collection import Collection, Database
from daraa.declare.document import Document
from daraa.kernel.settings import MongoSettings, Settings
from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.listener import SignalListener

Raw = dict[str, Any]
D = TypeVar("D", bound=Document)


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
    async def transaction(self) -> AsyncIterator[AsyncClientSession]:
        """One short transaction (majority, snapshot): pass the session to every write inside."""
        with translated("transaction"):
            async with (
                self.client.start_session() as session,
                await session.start_transaction(
                    read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
                ),
            ):
                yield session

    async def close(self) -> None:
        """Give all connections back; a server that is away is not waited for."""
        with pymongo.timeout(1):
            await self.client.close()


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
