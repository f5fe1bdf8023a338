"""A change of documents that are stored already, as data: which ones, how, and why; `schema apply` runs each once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Collection
from daraa.declare.words import closed
from daraa.kernel.errors import DeclarationError


@closed
@dataclass(frozen=True, eq=False)
class DataChange:
    """A resumable backfill of one collection.

    `where` selects the documents still to be changed and `update` is the aggregation pipeline that changes them, both
    in database names because the old shape has no class any more. A changed document must no longer match `where`:
    then a batch that was interrupted is simply run again. `batch` is the number of documents per command. The
    document's `ver` is raised by the runner.
    """

    id: str
    collection: Collection[Any]
    purpose: str
    where: Mapping[str, Any]
    update: tuple[Mapping[str, Any], ...]
    batch: int = 1000

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{4}_\d{2}_[a-z0-9_]{3,80}", self.id):
            raise DeclarationError(
                f"DataChange {self.id!r}", "the id is not dated", "Write e.g. '2026_11_orders_get_a_channel'."
            )
        if not self.where:
            raise DeclarationError(
                f"DataChange {self.id}",
                "where selects every document for ever",
                "Say which documents still lack the change, e.g. {'channel': {'$exists': False}}.",
            )
        if not self.update or any(set(stage) - {"$set", "$unset", "$replaceWith"} for stage in self.update):
            raise DeclarationError(
                f"DataChange {self.id}", "update is no update pipeline", "Use stages $set, $unset and $replaceWith."
            )
        if not 1 <= self.batch <= 10_000:
            raise DeclarationError(f"DataChange {self.id}", f"batch of {self.batch}", "Use 1 to 10,000 documents.")
