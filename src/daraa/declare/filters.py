"""Conditions on a document as data: they select what a partial index holds and what an archive rule moves."""

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Is:
    """The field equals the value."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class In:
    """The field is one of the values."""

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there and not null; what a unique index on an optional field needs."""

    path: str


@dataclass(frozen=True, slots=True, init=False)
class All:
    """Every one of the conditions holds."""

    parts: tuple["Is | In | Present", ...]

    def __init__(self, *parts: "Is | In | Present") -> None:
        object.__setattr__(self, "parts", parts)


Where: TypeAlias = Is | In | Present | All


def conditions(where: Where | None) -> tuple[Is | In | Present, ...]:
    """The single conditions of a filter, flat."""
    if where is None:
        return ()
    return where.parts if isinstance(where, All) else (where,)
