"""Whether the database answers now, told with what was seen; the health checks of the API rest on it."""

import time

import pymongo

from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import UNAVAILABLE, translated

LONGEST_S = 2.0
"""How long a server may take to answer, in seconds."""


async def reach(mongo: Mongo, *, write: bool) -> str:
    """One round trip to a server that serves reads (as the settings prefer) or takes writes; says what answered.

    Raises `stores.database.unavailable` or `.timeout` within 2 s. The driver's own view of who is primary may be
    seconds old, so a writer is asked itself.
    """
    began = time.perf_counter()
    with translated("reach the database"), pymongo.timeout(LONGEST_S):
        if write:
            hello = await mongo.client.admin.command("hello")
            if not hello.get("isWritablePrimary", hello.get("ismaster", False)):
                raise DaraaError(
                    UNAVAILABLE, "The server that answers is no writable primary.", hint="Wait for the election."
                )
        else:
            await mongo.client.admin.command("ping", read_preference=mongo.client.read_preference)
    kind = "writable primary" if write else "server"
    return f"{kind} answered in {(time.perf_counter() - began) * 1000:.0f} ms"
