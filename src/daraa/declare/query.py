"""A named query bound to the index that serves it, so that queries sent and indexes declared match both ways."""

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

from daraa.declare.collection import Collection
from daraa.declare.document import Document
from daraa.declare.filters import In, Is, Present, conditions
from daraa.declare.indexes import AnyIndex, Key
from daraa.declare.shape import find_path
from daraa.declare.words import closed
from daraa.kernel.errors import DeclarationError

D = TypeVar("D", bound=Document)
Op: TypeAlias = Literal["eq", "in", "gt", "gte", "lt", "lte", "all", "near", "within", "intersects", "text"]
RANGES: tuple[Op, ...] = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class Slot:
    """A condition whose value is given when the query is sent, under the keyword `arg`."""

    path: str
    op: Op
    arg: str


def eq(path: str, arg: str = "") -> Slot:
    """The field (or one element of the array) equals the argument, named like the last part of the path."""
    return Slot(path, "eq", arg or path.rsplit(".", 1)[-1])


def one_of(path: str, arg: str = "") -> Slot:
    """The field is one of the values given."""
    return Slot(path, "in", arg or path.rsplit(".", 1)[-1] + "s")


def beyond(path: str, op: Op, arg: str) -> Slot:
    """The field is greater (`gt`, `gte`) or less (`lt`, `lte`) than the argument."""
    return Slot(path, op, arg)


def contains(path: str, arg: str) -> Slot:
    """The array contains every one of the values given."""
    return Slot(path, "all", arg)


def near(path: str, arg: str = "near") -> Slot:
    """Nearest first; the argument is `Near(point, max_metres)` of stores.mongo."""
    return Slot(path, "near", arg)


def within(path: str, arg: str, op: Literal["within", "intersects"] = "within") -> Slot:
    """The geometry lies within (or intersects) the GeoJSON geometry given."""
    return Slot(path, op, arg)


def matching(arg: str = "text") -> Slot:
    """The text index matches the words given (all of them are folded by the caller)."""
    return Slot("", "text", arg)


@closed
@dataclass(frozen=True)
class Query(Generic[D]):
    """A read that a repository or a job sends.

    `where` mixes fixed conditions (`Is`, `In`, `Present`) and slots; `also` are conditions that the index does not hold
    and that are checked on the fetched documents; `sort` must follow the index's own order (or its exact reverse).
    """

    collection: Collection[D]
    name: str
    serves: str
    where: tuple[Slot | Is | In | Present, ...] = ()
    sort: tuple[Key, ...] = ()
    also: tuple[Slot | Is | In | Present, ...] = ()
    index: AnyIndex = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", self.collection.index_serving(self.serves))
        for part in (*self.where, *self.also):
            if part.path:
                find_path(self.collection.document, part.path)
        self._check_filter_implied()
        self._check_fits_index()

    @property
    def full_name(self) -> str:
        """`orders.open_of_customer`: unique, sent to the server as the command's comment."""
        return f"{self.collection.name}.{self.name}"

    @property
    def args(self) -> tuple[str, ...]:
        """The keywords that must be given when it is sent."""
        return tuple(part.arg for part in (*self.where, *self.also) if isinstance(part, Slot))

    def _wrong(self, problem: str, mend: str) -> DeclarationError:
        return DeclarationError(f"Query {self.full_name}", problem, mend)

    def _check_filter_implied(self) -> None:
        for needed in conditions(self.index.only):
            if not any(_implies(part, needed) for part in (*self.where, *self.also)):
                raise self._wrong(f"does not imply the partial filter {needed}", "Add that condition to `where`.")

    def _check_fits_index(self) -> None:
        """Equalities first, then sort or range, in the order of the index's keys."""
        keys = list(self.index.keys)
        if any(key.direction == "text" for key in keys):
            return
        by_path = {part.path: part for part in self.where}
        while keys and keys[0].path in by_path and _is_equality(by_path[keys[0].path]):
            by_path.pop(keys.pop(0).path)
        rest = {path for path, part in by_path.items() if not _only_filter(self.index, part)}
        directions = []
        for key, wanted in zip(keys, self.sort, strict=False):
            if key.path != wanted.path:
                raise self._wrong(
                    f"sorts by {wanted.path!r} where the index holds {key.path!r}", "Follow the index's order."
                )
            directions.append(key.direction == wanted.direction)
        if len(self.sort) > len(keys) or len(set(directions)) > 1:
            raise self._wrong("sorts in an order that the index does not hold", "Use its order or the exact reverse.")
        allowed = {key.path for key in keys[: max(1, len(self.sort))]}
        if rest - allowed:
            raise self._wrong(
                f"conditions on {sorted(rest - allowed)} cannot use the index", "Move them to `also`, or the index."
            )


def _is_equality(part: Slot | Is | In | Present) -> bool:
    return isinstance(part, (Is, In)) or (isinstance(part, Slot) and part.op in ("eq", "in", "all"))


def _only_filter(index: AnyIndex, part: Slot | Is | In | Present) -> bool:
    return any(condition.path == part.path for condition in conditions(index.only)) and part.path not in {
        key.path for key in index.keys
    }


def _implies(part: Slot | Is | In | Present, needed: Is | In | Present) -> bool:
    if part.path != needed.path:
        return False
    match needed:
        case Is(_, value):
            return isinstance(part, Is) and part.value == value
        case In(_, values):
            return (isinstance(part, Is) and part.value in values) or (
                isinstance(part, In) and set(part.values) <= set(values)
            )
        case Present():
            return isinstance(part, (Is, Present)) or (isinstance(part, Slot) and part.op in ("eq", "in", *RANGES))
