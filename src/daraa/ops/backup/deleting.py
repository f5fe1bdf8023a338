"""Deletes objects of a repository, a bounded number at a time; only pruning may."""

import asyncio

from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import REFUSED

AT_ONCE = 32


async def delete_below(store: ObjectStore, folder: str) -> None:
    """A bounded number at a time; what is left by a kill is found again by the same listing."""
    batch: list[str] = []
    async for info in store.list(folder):
        batch.append(info.key)
        if len(batch) == AT_ONCE:
            await delete_all(store, batch)
            batch = []
    await delete_all(store, batch)


async def delete_all(store: ObjectStore, keys: list[str]) -> None:
    """All at once; the first failure comes out when none is running any more."""
    ended = await asyncio.gather(*(delete_one(store, key) for key in keys), return_exceptions=True)
    for failure in filter(None, ended):  # raised when none is running any more
        raise failure
    mark("prune.batch_deleted")


async def delete_one(store: ObjectStore, key: str) -> None:
    """Remove an object; the error for credentials that may not says what to do."""
    try:
        await store.delete(key)
    except DaraaError as error:
        if error.code != REFUSED:
            raise
        raise DaraaError(
            REFUSED,
            f"{error.message.rstrip('.')}: these credentials may not delete.",
            hint="Prune with others, or let the bucket's own lifecycle rule delete.",
        ) from error
