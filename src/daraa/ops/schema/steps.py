"""The named steps a schema plan is made of; each knows its kind, its target and how to say what it will do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from daraa.declare.collection import Collection, Database
from daraa.declare.data_change import DataChange
from daraa.derive.indexes import IndexSpec


class Kind(StrEnum):
    """How much a step disturbs."""

    RENAME = "rename"
    CREATE = "create"
    IN_PLACE = "in place"
    SWAP = "build then swap"
    DATA = "data change"
    DESTRUCTIVE = "destructive"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One difference between what is declared and what is there. `pending` says whether it makes plan exit with 2."""

    kind: Kind
    database: Database
    collection: str
    why: str
    target: str = ""
    pending: bool = True

    @property
    def name(self) -> str:
        """`carts`, or `carts.open_carts__1a2b3c` for an index, in database names."""
        return f"{self.collection}.{self.target}" if self.target else self.collection

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "database": self.database.name.lower(),
            "why": self.why,
            "pending": self.pending,
        }


@dataclass(frozen=True, kw_only=True)
class RenameCollection(Step):
    """The collection is there under a former name."""

    old: str


@dataclass(frozen=True, kw_only=True)
class CreateCollection(Step):
    """The collection is not there."""

    validator: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SetValidator(Step):
    """The validator differs, or is not enforced."""

    validator: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ChangeIndex(Step):
    """An option of the index differs that collMod can change: `expireAfterSeconds`, `hidden`."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class BuildIndex(Step):
    """The index is not there. `drop_first` stand in its way: the server takes them for the same index."""

    spec: IndexSpec = field(repr=False)
    drop_first: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DropIndex(Step):
    """The index was replaced by a newer version that stands, or its removal was asked for by name.

    `after` is the index that must stand before this one goes.
    """

    after: str = ""


@dataclass(frozen=True, kw_only=True)
class RunChange(Step):
    """A data change that has not been completed here."""

    change: DataChange = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RecordState(Step):
    """The database's record of what was applied differs from the declarations."""

    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Report(Step):
    """Something that apply leaves alone: an undeclared index or collection, an ability that the server lacks."""


@dataclass(frozen=True)
class Wanted:
    """What the declarations ask for."""

    collections: tuple[Collection[Any], ...]
    changes: tuple[DataChange, ...]
    fingerprint: str
    drop: frozenset[str] = frozenset()
