"""Whether and how reads of a collection are cached; decision data (stock, balances) never is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from daraa.declare.words import closed


@closed
@dataclass(frozen=True, slots=True)
class NotCached:
    """Always read from the database, because of the given reason."""

    because: str


@closed
@dataclass(frozen=True, slots=True)
class CachedEntity:
    """Single documents are cached; a write bumps the tags, whose `{field}` slots are fields of the document."""

    ttl: timedelta
    tags: tuple[str, ...]


@closed
@dataclass(frozen=True, slots=True)
class CachedList:
    """The whole collection is small and cached as one answer under the tags."""

    ttl: timedelta
    tags: tuple[str, ...]


CachePolicy: TypeAlias = NotCached | CachedEntity | CachedList
