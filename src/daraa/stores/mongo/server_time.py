"""The database server's clock, the only one that leases are measured by: the clocks of our machines may differ."""

from datetime import UTC, datetime

from pymongo import timeout

from daraa.kernel.time import to_milliseconds
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import translated

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""A moment before any lease: what `until` is set to when a lease is given back."""


async def server_now(mongo: Mongo) -> datetime:
    """The primary's time when it answered, in milliseconds; by the time it is used, the server's clock is further on.

    That makes it safe in a guard: what was due or expired at this moment is so still. `$$NOW` inside the guard would
    say the same, but SecantusDB cannot do that: its Rust server refuses it, its Python server ignores the comparison.
    """
    with translated("hello"), timeout(mongo.settings.read_timeout_s):
        answer = await mongo.client.admin.command("hello")
    moment: datetime = answer["localTime"]
    # The driver reads handshakes with its default options, without a zone; the wire format is always UTC.
    return to_milliseconds(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
