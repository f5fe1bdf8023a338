"""Reads collections as the bytes that came over the wire; no document is decoded."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import TIMEOUT, translated

T = TypeVar("T")

BATCH_BYTES = 4 * 1024 * 1024
"""About how much is asked for at once: larger answers only cost memory, smaller ones time."""
ANSWER_S = 120.0
"""Longest wait for one batch, in seconds."""
LARGEST_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Size:
    """About how large a collection is, from its metadata; after a crash of the server it may be wrong."""

    documents: int
    bytes: int

    @property
    def batch(self) -> int:
        """How many documents make a batch of about `BATCH_BYTES`."""
        average = self.bytes / self.documents if self.documents and self.bytes else 1024.0
        return max(1, min(LARGEST_BATCH, int(BATCH_BYTES / max(average, 1.0))))


async def collection_size(mongo: Mongo, part: Database, name: str) -> Size:
    """Documents and bytes of the documents (uncompressed)."""
    with translated(f"collStats {name}"), _patience(f"collStats {name}"):
        async with asyncio.timeout(ANSWER_S):
            found = await mongo.database(part).command({"collStats": name})
    return Size(int(found.get("count", 0)), int(found.get("size", 0)))


async def raw_batches(mongo: Mongo, part: Database, name: str, batch: int) -> AsyncIterator[bytes]:
    """All documents of a collection, majority committed, in the order of their ids, as concatenated BSON.

    By id, so that one which is removed and written again meanwhile cannot come twice.
    """
    read = mongo.database(part).get_collection(name, read_concern=ReadConcern("majority"))
    async for found in stream(read, {}, f"read {name}", batch, sort=[("_id", 1)]):
        yield found


async def stream(
    collection: AsyncCollection[Raw], query: Mapping[str, Any], what: str, batch: int, **words: Any
) -> AsyncIterator[bytes]:
    """The answers to one `find`; `stores.database.timeout` when one of them takes longer than `ANSWER_S`.

    The bound is ours and not the server's: maxTimeMS would count all batches together.
    """
    with translated(what), _patience(what):
        async with collection.find_raw_batches(query, batch_size=batch, **words) as cursor:
            while True:
                async with asyncio.timeout(ANSWER_S):
                    # The driver's types know only decoded documents.
                    found: Any = await anext(cursor, None)
                if found is None:
                    return
                if found:
                    yield bytes(found)


@contextmanager
def _patience(what: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise DaraaError(
            TIMEOUT, f"{what}: no answer within {ANSWER_S:.0f} s.", hint="Is the server overloaded or frozen?"
        ) from None
