"""Redis through redis-py's asyncio client: one outer deadline hides restarts and failovers, and nothing retries inside.

redis-py's own retries nest (connecting inside commands): with them a hung master took 18 s instead of 4, and one write
was applied twice. So they are zero everywhere, Sentinel connections included.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis, Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    MasterDownError,
    NoScriptError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from daraa.kernel.errors import DaraaError
from daraa.stores.redis.errors import COMMAND_REFUSED, REFUSED, UNAVAILABLE
from daraa.stores.redis.interface import Script
from daraa.stores.redis.target import RedisTarget

T = TypeVar("T")

_PASSING = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, BusyLoadingError, MasterDownError, OSError)
_FIRST_PAUSE_S = 0.020
_LONGEST_PAUSE_S = 0.250


def open_redis(target: RedisTarget) -> "RedisStore":
    """A store for this target; nothing connects before the first call. It belongs to the running event loop."""
    options = _connection_options(target)
    if target.address:
        host, port = target.address
        return RedisStore(target, Redis(host=host, port=port, max_connections=target.max_connections, **options))
    sentinel: Sentinel = Sentinel(  # type: ignore[no-untyped-call]
        target.sentinels, sentinel_kwargs=_sentinel_options(target), **options
    )
    client = sentinel.master_for(target.master, redis_class=Redis, max_connections=target.max_connections)
    return RedisStore(target, client, sentinel)


class RedisStore:
    """`KeyValue` on Redis; see the interface for what each call promises."""

    def __init__(self, target: RedisTarget, client: "Redis", sentinel: Sentinel | None = None) -> None:
        self._target = target
        self._client = client
        self._sentinel = sentinel

    async def ping(self) -> None:
        """Return when the server answers."""

        async def ask(_: int) -> None:
            await self._client.ping()

        await self._within_deadline("ping", ask)

    async def get(self, key: str) -> bytes | None:
        """The value, or None."""

        async def ask(_: int) -> bytes | None:
            value = await self._client.get(key)
            return value.encode() if isinstance(value, str) else value

        return await self._within_deadline("get", ask)

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None, only_if_absent: bool = False) -> bool:
        """Store a value; False only when `only_if_absent` found another value there."""
        if ttl_s is not None and ttl_s <= 0:
            raise ValueError(f"a time to live of {ttl_s} s stores nothing")
        ttl_ms = None if ttl_s is None else max(1, round(ttl_s * 1000))

        async def ask(attempt: int) -> bool:
            stored = await self._client.set(key, value, px=ttl_ms, nx=only_if_absent)
            # The answer to an earlier attempt may be what was lost: then our own value is the one that stands there.
            return bool(stored) or (attempt > 1 and await self._client.get(key) == value)

        return await self._within_deadline("set", ask)

    async def delete(self, *keys: str) -> None:
        """Remove the keys."""
        if not keys:
            return

        async def ask(_: int) -> None:
            await self._client.unlink(*keys)

        await self._within_deadline("delete", ask)

    async def run(self, script: Script, keys: Sequence[str] = (), args: Sequence[bytes | str | int] = ()) -> Any:
        """Run a Lua script; it is sent whole only to a server that does not know it yet."""

        async def ask(_: int) -> Any:
            try:
                return await self._client.evalsha(script.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await self._client.eval(script.text, len(keys), *keys, *args)

        return await self._within_deadline("script", ask)

    async def close(self) -> None:
        """Close all connections, those to Sentinels too."""
        await self._client.aclose(close_connection_pool=True)
        for watcher in self._sentinel.sentinels if self._sentinel else ():
            await watcher.aclose()

    async def _within_deadline(self, what: str, ask: Callable[[int], Awaitable[T]]) -> T:
        deadline = time.monotonic() + self._target.deadline_s
        pause, attempt = _FIRST_PAUSE_S, 0
        while True:
            attempt += 1
            try:
                return await ask(attempt)
            except (AuthenticationError, AuthorizationError) as error:
                raise DaraaError(
                    REFUSED,
                    "Redis does not accept our user or password.",
                    hint="Compare the secret file with the server's user list.",
                ) from error
            except _PASSING as error:
                wait = pause * random.uniform(0.5, 1.0)  # noqa: S311  (spreads callers, guards nothing)
                if time.monotonic() + wait >= deadline:
                    raise self._unavailable(what, attempt, error) from error
                await asyncio.sleep(wait)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            except ResponseError as error:
                raise DaraaError(
                    COMMAND_REFUSED,
                    f"Redis refuses {what}: {error}",
                    hint="Its user may lack the right, or its memory is full.",
                ) from error

    def _unavailable(self, what: str, attempts: int, error: Exception) -> DaraaError:
        where = self._target.address or f"master {self._target.master!r} of {len(self._target.sentinels)} Sentinels"
        if isinstance(where, tuple):
            where = f"{where[0]}:{where[1]}"
        return DaraaError(
            UNAVAILABLE,
            f"Redis ({where}) did not answer {what} within {self._target.deadline_s:g} s: {type(error).__name__}.",
            hint="Check that it runs and can be reached from here.",
            attempts=attempts,
        )


def _connection_options(target: RedisTarget) -> dict[str, Any]:
    return {
        "username": target.user,
        "password": target.password.get_secret_value() if target.password else None,
        "db": target.database,
        **_shared_options(target),
    }


def _sentinel_options(target: RedisTarget) -> dict[str, Any]:
    return {
        "username": target.sentinel_user,
        "password": target.sentinel_password.get_secret_value() if target.sentinel_password else None,
        **_shared_options(target),
    }


def _shared_options(target: RedisTarget) -> dict[str, Any]:
    options: dict[str, Any] = {
        "socket_connect_timeout": target.connect_within_s,
        "socket_timeout": target.answer_within_s,
        "retry": Retry(NoBackoff(), 0),
    }
    if target.tls:
        options |= {"ssl": True, "ssl_ca_certs": str(target.tls_ca_file) if target.tls_ca_file else None}
    return options
