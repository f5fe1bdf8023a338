"""One hash over everything the database must look like, so that a running API can tell whether it fits."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from daraa.declare.collection import Collection
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema


def fingerprint(collections: Iterable[Collection[Any]]) -> str:
    """16 hex digits; equal declarations give equal fingerprints, whatever their order."""
    return _hashed(tuple(collections))


# A readiness probe asks every few seconds, and declarations are frozen.
@lru_cache(maxsize=8)
def _hashed(collections: tuple[Collection[Any], ...]) -> str:
    shapes = {
        collection.name: {
            "database": collection.database.name,
            "validator": json_schema(collection),
            "indexes": [spec.as_command() for spec in index_plan(collection)],
        }
        for collection in collections
    }
    return hashlib.sha256(json.dumps(shapes, sort_keys=True, default=str).encode()).hexdigest()[:16]
