"""The declaration of one collection, checked in full the moment it is made, so that a wrong one cannot be imported."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from daraa.declare.access import Access
from daraa.declare.cache import CachePolicy
from daraa.declare.checking import check_collection
from daraa.declare.document import Document
from daraa.declare.indexes import AnyIndex, ById, Ttl
from daraa.declare.names import did_you_mean, to_db_name
from daraa.declare.retention import Expire, Retention
from daraa.declare.shape import Node, shape_of
from daraa.declare.words import closed
from daraa.kernel.errors import DeclarationError

D = TypeVar("D", bound=Document)


class Database(StrEnum):
    """The databases by their part: the prefix (`daraa`) comes from the settings, the suffix from here."""

    MAIN = ""
    LEDGER = "_ledger"
    AUDIT = "_audit"
    ARCHIVE = "_archive"


@closed
@dataclass(frozen=True, eq=False)
class Collection(Generic[D]):
    """Everything Daraa knows about a collection.

    `name` is the Python name (plural snake_case); `purpose` one sentence; `prefix` starts its ids (`ord_…`), or is
    empty when the id is a natural key (`KeyedBy`). `was` lists
    former names in the database, which `schema apply` renames.
    """

    document: type[D]
    name: str
    purpose: str
    prefix: str
    retention: Retention
    cache: CachePolicy
    access: Access
    indexes: tuple[AnyIndex, ...] = ()
    shard_key: tuple[str, ...] = ()
    database: Database = Database.MAIN
    was: tuple[str, ...] = ()
    all_indexes: tuple[AnyIndex, ...] = field(init=False)

    def __post_init__(self) -> None:
        check_collection(self)
        derived = (self._ttl(self.retention),) if isinstance(self.retention, Expire) else ()
        object.__setattr__(self, "all_indexes", (*self.indexes, *derived))

    @staticmethod
    def _ttl(rule: Expire) -> Ttl:
        return Ttl(rule.by, after=rule.after, serves=f"the expiry by {rule.by.replace('_', ' ')}")

    @property
    def db_name(self) -> str:
        """The name in the database: plural camelCase."""
        return to_db_name(self.name)

    @property
    def shape(self) -> Node:
        """The tree of its fields."""
        return shape_of(self.document)

    def index_serving(self, serves: str) -> AnyIndex:
        """The index declared for that query; `by id` is the one every collection has."""
        if serves == "by id":
            return ById()
        for index in self.all_indexes:
            if index.serves == serves:
                return index
        known = ["by id", *(index.serves for index in self.all_indexes)]
        raise DeclarationError(self.name, f"no index serves {serves!r}", did_you_mean(serves, known))

    def __repr__(self) -> str:
        return f"Collection({self.name})"
