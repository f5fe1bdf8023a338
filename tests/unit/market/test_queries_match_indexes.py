"""Queries and indexes match both ways: no read without an index, no index that nobody reads."""

import importlib
import importlib.util
import pkgutil
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from daraa.collections import ALL
from daraa.declare import Query, Ttl

READERS = ("daraa.market", "daraa.jobs", "daraa.ops", "daraa.stores")
BY_ID = "by id"


def modules() -> Iterator[ModuleType]:
    for root in READERS:
        if importlib.util.find_spec(root) is None:
            continue
        package = importlib.import_module(root)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{root}."):
            yield importlib.import_module(found.name)


def within(value: Any) -> Iterator[Query[Any]]:
    """A query, or those in a dict, list or tuple of a module."""
    if isinstance(value, Query):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from within(inner)


def queries() -> list[Query[Any]]:
    seen = {id(query): query for module in modules() for value in vars(module).values() for query in within(value)}
    return list(seen.values())


def pairs(found: set[tuple[str, str]]) -> str:
    return "\n".join(f"  {collection}: {serves}" for collection, serves in sorted(found))


def test_every_index_is_read_by_a_query_and_every_query_has_its_index() -> None:
    asked = {(query.collection.name, query.serves) for query in queries() if query.serves != BY_ID}
    declared = {
        (collection.name, index.serves)
        for collection in ALL
        for index in collection.all_indexes
        if not isinstance(index, Ttl)
    }
    assert asked == declared, (
        f"indexes that no query reads:\n{pairs(declared - asked)}\nqueries without an index:\n{pairs(asked - declared)}"
    )


def test_no_two_queries_share_the_name_under_which_the_server_logs_them() -> None:
    names = Counter(query.full_name for query in queries())
    assert [name for name, count in names.items() if count > 1] == []


def test_queries_read_only_collections_that_are_listed() -> None:
    listed = {id(collection) for collection in ALL}
    assert [query.full_name for query in queries() if id(query.collection) not in listed] == []
