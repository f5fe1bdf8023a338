"""The category tree in memory: small, asked for by every list, so requests read a copy that is renewed behind them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any

from daraa.kernel.errors import DaraaError

Raw = dict[str, Any]
FRESH_S = 30.0
"""How old the copy may be before it is renewed; a new category is in the tree after that, by its own page at once."""
RETRY_S = 1.0


class CategoryTree:
    """The active categories, parents first. The first call reads them; later ones never wait while a copy exists."""

    def __init__(self, load: Callable[[], Awaitable[list[Raw]]], fresh_s: float = FRESH_S) -> None:
        self._load = load
        self._fresh_s = fresh_s
        self._rows: list[Raw] | None = None
        self._ids: dict[str, str] = {}
        self._renew_at = 0.0
        self._renewal: asyncio.Task[None] | None = None

    async def rows(self) -> list[Raw]:
        """The categories as stored; DaraaError only when there is no copy and the database does not answer."""
        if self._rows is None:
            await self._renew()
        elif time.monotonic() >= self._renew_at and self._renewal is None:
            # A context of its own: a renewal belongs to no request, neither to its time bound nor to its count.
            self._renewal = asyncio.get_running_loop().create_task(self._renew_quietly(), context=Context())
        assert self._rows is not None
        return self._rows

    async def find_id(self, key: str) -> str | None:
        """The id of the category with that slug or id, or None when the copy does not hold it."""
        await self.rows()
        return self._ids.get(key)

    async def close(self) -> None:
        """Stop a renewal that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def _renew(self) -> None:
        rows = await self._load()
        self._rows = rows
        self._ids = {row["slug"]: row["_id"] for row in rows} | {row["_id"]: row["_id"] for row in rows}
        self._renew_at = time.monotonic() + self._fresh_s

    async def _renew_quietly(self) -> None:
        """The old copy stays in use while the database is away; readiness tells about that, not this."""
        try:
            await self._renew()
        except DaraaError:
            self._renew_at = time.monotonic() + RETRY_S
        finally:
            self._renewal = None
