"""Puts the API together: opens the stores as the app account, hands them to the capabilities, wires the edge."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.types import Lifespan

from daraa import __version__
from daraa.api import errors, health
from daraa.api.description import DescribedApi
from daraa.api.health import Dependency, Readiness, Role
from daraa.api.reference import reference_page
from daraa.api.requests import RequestEdge
from daraa.api.schema import SchemaWatch
from daraa.api.surfaces import ROUTERS
from daraa.declare.access import user_name
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import OWN_KEYS, Settings
from daraa.kernel.slow_commands import logged_slow_commands
from daraa.market.assembly import open_market
from daraa.market.catalog.service import RELIED_ON, Catalog
from daraa.market.cursor import CursorSigner
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.reach import reach
from daraa.stores.mongo.schema_state import read_capabilities
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, objects_target, open_objects
from daraa.stores.redis import KeyValue, RedisTarget, open_redis, redis_target

DESCRIPTION = (
    "The Daraa marketplace. Lists come in pages: follow page.next_cursor. Money is in whole minor units. "
    "Texts come in the language of Accept-Language (ar or en). Failures are application/problem+json (RFC 9457) "
    "with a stable code. Every answer carries X-Request-ID; reads carry Server-Timing with their database commands."
)
REDIS_S = 1.5
"""How long a health check or a request waits for Redis, in seconds; a client that is told so sends it again."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What the API talks to."""

    mongo: Mongo
    cache: KeyValue
    state: KeyValue
    objects: ObjectStore


def make_app(settings: Settings) -> FastAPI:
    """The application; nothing is opened before its lifespan starts, inside the event loop that will use it.

    A missing secret or a wrong address is told here already, where it can still become one clear message.
    """
    settings.secret(f"mongo_{user_name('app', settings.mongo.database)}")
    targets = _targets(settings)
    for name in OWN_KEYS:
        settings.secret(name)
    signer = CursorSigner(settings.secret("cursor_key").get_secret_value().encode())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(logged_slow_commands(settings.log.slow_command_s))
            stores = _open_stores(settings, targets, stack)
            catalog = Catalog(stores.mongo, signer, settings.api)
            readiness = Readiness(_dependencies(stores))
            stack.push_async_callback(catalog.close)
            stack.push_async_callback(readiness.close)
            app.state.catalog, app.state.readiness = catalog, readiness
            app.state.services = open_market(stores.mongo, stores.state, settings).services
            # A database that is away now is no reason to die: readiness says so until it is back.
            with suppress(DaraaError):
                stores.mongo.capabilities = await read_capabilities(stores.mongo)
                await catalog.warm()
            yield

    app = _routed(lifespan)
    app.add_middleware(RequestEdge, longest_s=settings.api.request_timeout_s)
    _add_reference(app)
    return app


def describe_api() -> dict[str, Any]:
    """The OpenAPI 3.1 document of everything the API answers; opens nothing and needs no secret."""
    return _routed(None).openapi()


def _routed(lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    app = DescribedApi(
        title="Daraa",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    app.include_router(health.router)
    for router in ROUTERS:
        app.include_router(router)
    return app


def _add_reference(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(app.openapi()))


@dataclass(frozen=True, slots=True)
class _Targets:
    cache: RedisTarget
    state: RedisTarget
    objects: FolderTarget | S3Target


def _targets(settings: Settings) -> _Targets:
    return _Targets(
        redis_target(settings, "cache", deadline_s=REDIS_S),
        redis_target(settings, "state", deadline_s=REDIS_S),
        objects_target(settings),
    )


def _open_stores(settings: Settings, targets: _Targets, stack: AsyncExitStack) -> Stores:
    stores = Stores(
        open_mongo(settings, "app"),
        open_redis(targets.cache),
        open_redis(targets.state),
        open_objects(targets.objects),
    )
    for each in (stores.mongo, stores.cache, stores.state, stores.objects):
        stack.push_async_callback(each.close)
    return stores


def _dependencies(stores: Stores) -> tuple[Dependency, ...]:
    """What readiness looks at. Reads survive without Redis and objects; writes need the primary and Redis state."""
    schema = SchemaWatch(stores.mongo, RELIED_ON)
    write, nobody = frozenset({Role.WRITE}), frozenset[Role]()
    return (
        Dependency("database", lambda: reach(stores.mongo, write=False)),
        Dependency("database_primary", lambda: reach(stores.mongo, write=True), write),
        Dependency("schema", schema.look),
        Dependency("redis_cache", lambda: _ping(stores.cache), nobody),
        Dependency("redis_state", lambda: _ping(stores.state), write),
        Dependency("objects", lambda: _ping(stores.objects), nobody),
    )


async def _ping(store: KeyValue | ObjectStore) -> str:
    await store.ping()
    return "answered"
