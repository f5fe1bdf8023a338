"""Whether the live database has the shape that this program relies on; it is compared, never changed from here."""

import time
from collections.abc import Sequence
from typing import Any

from daraa.collections import ALL
from daraa.declare import Query
from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.drift import missing_indexes, schema_is_current
from daraa.stores.mongo.schema_state import read_capabilities

DRIFT = register(
    "api.schema.drifted", status=503, retryable=True, en="The database has drifted", ar="شكل قاعدة البيانات مختلف"
)
FRESH_S = 15.0
"""How long good news is trusted, in seconds: indexes change by hand only. Bad news is looked at anew each time."""


class SchemaWatch:
    """Looks for the indexes that the `relied_on` queries need, and learns what the server can do."""

    def __init__(self, mongo: Mongo, relied_on: Sequence[Query[Any]]) -> None:
        self._mongo = mongo
        self._relied_on = tuple(relied_on)
        self._seen = ""
        self._seen_at = float("-inf")

    async def look(self) -> str:
        """What was compared; `api.schema.drifted` names what is missing."""
        if time.monotonic() - self._seen_at > FRESH_S:
            self._seen = await self._compare()
            self._seen_at = time.monotonic()
        return self._seen

    async def _compare(self) -> str:
        self._mongo.capabilities = await read_capabilities(self._mongo)
        missing = await missing_indexes(self._mongo, self._relied_on)
        if missing:
            raise DaraaError(
                DRIFT, f"Missing indexes: {', '.join(missing)}.", hint="Run `daraa schema plan`, then apply."
            )
        count = len({(query.collection.name, query.index.name) for query in self._relied_on})
        if await schema_is_current(self._mongo, ALL):
            return f"applied from these declarations; {count} indexes relied on"
        # Two releases share a database during a roll-out: other declarations alone break nothing that is relied on.
        return f"applied from other declarations, but the {count} indexes relied on stand"
