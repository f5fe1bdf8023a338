"""Continuous proofs as data: what must hold of the stored documents, as aggregations that find what does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Collection
from daraa.declare.words import closed
from daraa.kernel.errors import DeclarationError

WRITING_STAGES = ("$out", "$merge")


@closed
@dataclass(frozen=True)
class Rows:
    """What an aggregation over one collection returns; the pipeline is in database names and only reads."""

    collection: Collection[Any]
    pipeline: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        for stage in self.pipeline:
            if any(name in WRITING_STAGES for name in stage):
                raise DeclarationError(f"Rows of {self.collection.name}", "the pipeline writes", "A proof only reads.")


@closed
@dataclass(frozen=True)
class Proof:
    """A sentence about the data that must always hold.

    With `finds` alone, every row it returns is a violation. With `against`, both return rows in ascending order of
    `_id`, and a row that the other side lacks or that differs from its fellow is a violation: that is how documents in
    two databases are compared, in bounded memory.
    """

    name: str
    purpose: str
    finds: Rows
    against: Rows | None = None

    def __post_init__(self) -> None:
        if not self.purpose.endswith("."):
            raise DeclarationError(f"Proof {self.name}", "the purpose is not a sentence", "End it with a full stop.")
        for side in () if self.against is None else (self.finds, self.against):
            if {"$sort": {"_id": 1}} not in side.pipeline:
                raise DeclarationError(
                    f"Proof {self.name}",
                    f"the rows of {side.collection.name} come in no known order",
                    "Sort both sides by _id.",
                )
