"""Store categories: the kinds of stores, a tree of two levels."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Count, Slug
from daraa.declare import (
    Access,
    CachedList,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Ref,
    Text,
    Unique,
)


class StoreCategory(Document):
    slug: Slug
    name: Localized
    description: Localized | None = None
    search_text: str
    parent_id: Annotated[Id | None, Ref("store_categories")] = None
    depth: Annotated[int, Field(ge=0, le=1)] = 0
    order: Count = 0
    is_active: bool = True
    icon: str | None = None
    image: str | None = None
    store_count: Count = 0


STORE_CATEGORIES = Collection(
    StoreCategory,
    name="store_categories",
    purpose="One kind of store, as in bakery or pharmacy, with texts in both languages.",
    prefix="sct",
    indexes=(
        Unique("slug", serves="a kind of store by its slug"),
        Index("depth", "order", "id", only=Is("is_active", True), serves="the active kinds of stores in order"),
        Index("parent_id", "order", serves="kinds of stores below a kind in order"),
        Text(
            "search_text", "name.ar", "name.en", "description.ar", "description.en",
            serves="kinds of stores by text",
            weights={"search_text": 10, "name.ar": 10, "name.en": 10},
        ),
    ),
    retention=Keep(because="stores refer to it; a kind no longer used is inactive"),
    cache=CachedList(ttl=timedelta(hours=1), tags=("store_categories",)),
    access=Access(app="find insert update"),
)  # fmt: skip
