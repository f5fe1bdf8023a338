"""The index words. Each index says which query it serves; its database name derives from that sentence and its keys."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from daraa.declare.filters import Where, conditions
from daraa.declare.words import closed

Direction: TypeAlias = Literal[1, -1, "2dsphere", "text"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an index: a dotted Python path and its direction."""

    path: str
    direction: Direction = 1


def asc(path: str) -> Key:
    """Ascending; what a bare string means too."""
    return Key(path, 1)


def desc(path: str) -> Key:
    """Descending."""
    return Key(path, -1)


@closed
@dataclass(frozen=True, slots=True)
class Collation:
    """How strings compare: ICU locale and strength (1 ignores case and accents, 2 case only)."""

    locale: str
    strength: int = 2


@dataclass(frozen=True, slots=True, init=False)
class _AnyIndex:
    keys: tuple[Key, ...]
    serves: str
    only: Where | None = None
    collation: Collation | None = None
    unique: bool = False
    expire_after: timedelta | None = None
    weights: dict[str, int] = field(default_factory=dict)

    def _fill(self, keys: tuple[Key, ...], **words: Any) -> None:
        object.__setattr__(self, "keys", keys)
        for name, value in (
            {"only": None, "collation": None, "unique": False, "expire_after": None, "weights": {}} | words
        ).items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """The database name: the sentence it serves and a short hash of what cannot be changed in place.

        A changed index therefore has a new name, is built beside the old one and then swapped in.
        """
        slug = re.sub(r"[^a-z0-9]+", "_", self.serves.lower().replace("'", "")).strip("_")[:80]
        return f"{slug}__{hashlib.sha256(self._frozen().encode()).hexdigest()[:6]}"

    def _frozen(self) -> str:
        only = [
            (
                type(part).__name__,
                part.path,
                [str(value) for value in getattr(part, "values", [getattr(part, "value", "")])],
            )
            for part in conditions(self.only)
        ]
        keys = [(key.path, key.direction) for key in self.keys]
        collation = (self.collation.locale, self.collation.strength) if self.collation else None
        return json.dumps([keys, only, collation, self.unique, sorted(self.weights.items())])


def _keys(paths: tuple[str | Key, ...]) -> tuple[Key, ...]:
    return tuple(path if isinstance(path, Key) else Key(path) for path in paths)


class Index(_AnyIndex):
    """A compound index; keys are paths or `desc(path)`, equality keys first, then the sort, then ranges."""

    __slots__ = ()

    def __init__(
        self, *paths: str | Key, serves: str, only: Where | None = None, collation: Collation | None = None
    ) -> None:
        self._fill(_keys(paths), serves=serves, only=only, collation=collation)


class Unique(_AnyIndex):
    """A unique index; on an optional field it needs `only=Present(path)`, or two documents without it collide."""

    __slots__ = ()

    def __init__(
        self, *paths: str | Key, serves: str, only: Where | None = None, collation: Collation | None = None
    ) -> None:
        self._fill(_keys(paths), serves=serves, only=only, collation=collation, unique=True)


class Geo(_AnyIndex):
    """A 2dsphere index on a GeoJSON field, optionally followed by plain keys."""

    __slots__ = ()

    def __init__(self, path: str, *more: str | Key, serves: str, only: Where | None = None) -> None:
        self._fill((Key(path, "2dsphere"), *_keys(more)), serves=serves, only=only)


class Text(_AnyIndex):
    """The text index of a collection (one at most), without a language: words are compared as written (folded)."""

    __slots__ = ()

    def __init__(self, *paths: str, serves: str, weights: dict[str, int] | None = None) -> None:
        self._fill(tuple(Key(path, "text") for path in paths), serves=serves, weights=weights or {})


class Ttl(_AnyIndex):
    """The index by which the server deletes expired documents. Not written by hand: `retention=Expire(…)` makes it."""

    __slots__ = ()

    def __init__(self, path: str, *, after: timedelta, serves: str) -> None:
        self._fill((Key(path),), serves=serves, expire_after=after)


class ById(_AnyIndex):
    """The index every collection has without declaring it."""

    __slots__ = ()

    def __init__(self) -> None:
        self._fill((Key("id"),), serves="by id", unique=True)

    @property
    def name(self) -> str:
        """The server's own name for it."""
        return "_id_"


AnyIndex: TypeAlias = Index | Unique | Geo | Text | Ttl | ById
