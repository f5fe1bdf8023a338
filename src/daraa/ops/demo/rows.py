"""Encoded documents on their way to the database: plain dictionaries in database names, made without a model each.

Building a model per document would cost more than everything else together; the tests decode samples with the models.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
CURRENCY = "SYP"
POINTS = "PTS"
PIASTRES = 100
"""Minor units of a pound."""
CASH_STEP = 5 * PIASTRES
"""The smallest note: cash totals are rounded to it."""


class Rows(defaultdict[str, list[Row]]):
    """The documents of some collections, by the collection's Python name."""

    def __init__(self) -> None:
        super().__init__(list)

    def take(self, other: "Rows") -> None:
        """Add all documents of `other`."""
        for name, rows in other.items():
            self[name] += rows


def row(id_: str, at: datetime) -> Row:
    """The fields that every new document has."""
    return {"_id": id_, "ver": 1, "schemaV": 1, "createdAt": at, "updatedAt": at}


def money(amount: int, currency: str = CURRENCY) -> Row:
    """An amount in minor units as it is stored."""
    return {"amount": amount, "currency": currency}


def point(position: list[float]) -> Row:
    """A GeoJSON point of [longitude, latitude]."""
    return {"type": "Point", "coordinates": position}
