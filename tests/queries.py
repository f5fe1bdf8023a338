"""Every declared Query of the product and its tools, found by importing the rooms that read."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from daraa.declare import Query

READERS = ("daraa.market", "daraa.jobs", "daraa.ops", "daraa.stores")


@cache
def every_query() -> tuple[Query[Any], ...]:
    """All queries, each once, in order of name."""
    found = {id(query): query for module in modules() for value in vars(module).values() for query in within(value)}
    return tuple(sorted(found.values(), key=lambda query: query.full_name))


def modules() -> Iterator[ModuleType]:
    """Every module of the rooms that read."""
    for root in READERS:
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
