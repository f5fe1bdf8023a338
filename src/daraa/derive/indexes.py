"""The index plan of a collection: what `createIndexes` gets, in database names."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from daraa.declare.collection import Collection
from daraa.declare.filters import In, Is, Where, conditions
from daraa.declare.indexes import AnyIndex
from daraa.declare.names import to_db_path


@dataclass(frozen=True)
class IndexSpec:
    """One index in the server's words. `needs` names the server capability it depends on (`text`), or is empty."""

    name: str
    serves: str
    keys: tuple[tuple[str, Any], ...]
    options: dict[str, Any]
    needs: str = ""

    def as_command(self) -> dict[str, Any]:
        """One element of `createIndexes.indexes`."""
        return {"name": self.name, "key": dict(self.keys), **self.options}


def index_plan(collection: Collection[Any]) -> tuple[IndexSpec, ...]:
    """Every index that the collection must have beside `_id_`, in order of declaration."""
    return tuple(index_spec(index) for index in collection.all_indexes)


def index_spec(index: AnyIndex) -> IndexSpec:
    """One declared index in the server's words."""
    options: dict[str, Any] = {}
    if index.unique:
        options["unique"] = True
    if index.only is not None:
        options["partialFilterExpression"] = render(index.only)
    if index.collation is not None:
        options["collation"] = {"locale": index.collation.locale, "strength": index.collation.strength}
    if index.expire_after is not None:
        options["expireAfterSeconds"] = int(index.expire_after.total_seconds())
    is_text = any(key.direction == "text" for key in index.keys)
    if is_text:
        weights = {to_db_path(path): weight for path, weight in index.weights.items()}
        options["weights"] = {to_db_path(key.path): weights.get(to_db_path(key.path), 1) for key in index.keys}
        options |= {"default_language": "none", "language_override": "textLanguage"}
    keys = tuple((to_db_path(key.path), key.direction) for key in index.keys)
    return IndexSpec(index.name, index.serves, keys, options, "text" if is_text else "")


def render(where: Where | None) -> dict[str, Any]:
    """A declared filter as a MongoDB filter. `Present` is `$exists`, which an equality implies for the planner."""
    rendered: dict[str, Any] = {}
    for condition in conditions(where):
        path = to_db_path(condition.path)
        if isinstance(condition, Is):
            rendered[path] = plain(condition.value)
        elif isinstance(condition, In):
            rendered[path] = {"$in": [plain(value) for value in condition.values]}
        else:
            rendered[path] = {"$exists": True}
    return rendered


def plain(value: Any) -> Any:
    """An enum member as the string that is stored; anything else unchanged."""
    return value.value if isinstance(value, Enum) else value
