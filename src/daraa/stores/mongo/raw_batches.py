"""Reads collections as the bytes that came over the wire; no document is decoded."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bson.errors import BSONError
from pymongo.asynchronous.database import AsyncDatabase

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import FAILED, TIMEOUT, translated
from daraa.stores.mongo.raw_cursor import find_raw

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


def raw_batches(mongo: Mongo, part: Database, name: str, batch: int) -> AsyncIterator[bytes]:
    """All documents of a collection, majority committed, in the order of their ids, as concatenated BSON.

    By id, so that one which is removed and written again meanwhile cannot come twice.
    """
    return stream(mongo.database(part), {"find": name, "sort": {"_id": 1}}, f"read {name}", batch)


async def stream(database: AsyncDatabase[Raw], find: Mapping[str, Any], what: str, batch: int) -> AsyncIterator[bytes]:
    """The answers to one `find` of what a majority holds; `stores.database.timeout` when one takes over `ANSWER_S`.

    The bound is ours and not the server's: maxTimeMS would count all batches together.
    """
    with translated(what), _patience(what):
        async with aclosing(find_raw(database, {**find, "readConcern": {"level": "majority"}}, batch)) as answers:
            while True:
                async with asyncio.timeout(ANSWER_S):
                    found = await anext(answers, None)
                if found is None:
                    return
                if found:
                    yield found
                del found  # or it would still be here while the next one comes


@contextmanager
def _patience(what: str) -> Iterator[None]:
    try:
        yield
    except BSONError as error:
        raise DaraaError(
            FAILED, f"{what}: {error}.", hint="Is that a MongoDB server, and the network whole?"
        ) from error
    except TimeoutError:
        raise DaraaError(
            TIMEOUT, f"{what}: no answer within {ANSWER_S:.0f} s.", hint="Is the server overloaded or frozen?"
        ) from None
