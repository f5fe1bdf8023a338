"""What this version of Daraa declares, gathered for a plan."""

from collections.abc import Iterable
from typing import Any

from daraa.collections import ALL
from daraa.collections.changes import CHANGES
from daraa.declare.collection import Collection
from daraa.declare.data_change import DataChange
from daraa.derive.fingerprint import fingerprint
from daraa.ops.schema.steps import Wanted


def wanted(
    collections: Iterable[Collection[Any]] = ALL,
    changes: Iterable[DataChange] = CHANGES,
    drop: Iterable[str] = (),
) -> Wanted:
    """The declarations as a plan takes them; `drop` are undeclared indexes (`carts.stray`) to remove."""
    known = tuple(collections)
    return Wanted(known, tuple(changes), fingerprint(known), frozenset(drop))
