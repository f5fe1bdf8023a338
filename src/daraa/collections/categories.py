"""Categories: the tree in which products are found, small enough to be cached whole."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count, Slug
from daraa.declare import (
    Access,
    AtMost,
    CachedList,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Moment,
    Part,
    Present,
    Ref,
    Unique,
)


class AttributeKind(StrEnum):
    """What a product's attribute may hold."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"


class AttributeRule(Part):
    """One attribute that products of a category carry."""

    k: Annotated[str, StringConstraints(max_length=50)]
    name: Localized
    kind: AttributeKind
    unit: str | None = None
    choices: Annotated[tuple[str, ...], AtMost(50)] = ()
    is_required: bool = False


class Category(Document):
    """`moved_at`: since when what is below it lags behind its place; absent once all of it follows."""

    slug: Slug
    name: Localized
    description: Localized | None = None
    parent_id: Annotated[Id | None, Ref("categories")] = None
    ancestors: Annotated[tuple[Annotated[Id, Ref("categories")], ...], AtMost(5)] = ()
    depth: Annotated[int, Field(ge=0, le=5)] = 0
    order: Count = 0
    is_active: bool = True
    icon: str | None = None
    image: str | None = None
    attribute_set: Annotated[tuple[AttributeRule, ...], AtMost(40)] = ()
    product_count: Count = 0
    moved_at: Moment | None = None


CATEGORIES = Collection(
    Category,
    name="categories",
    purpose="One node of the product tree: names, place in the tree, and the attributes its products carry.",
    prefix="cat",
    indexes=(
        Unique("slug", serves="a category by its slug"),
        Index("depth", "order", "id", only=Is("is_active", True), serves="the active category tree in order"),
        Index("parent_id", "order", serves="children of a category in order"),
        Index("ancestors", serves="everything below a category"),
        Index("moved_at", only=Present("moved_at"), serves="categories whose subtree lags behind, longest first"),
    ),
    retention=Keep(because="products refer to it; a category no longer used is inactive"),
    cache=CachedList(ttl=timedelta(hours=1), tags=("categories",)),
    access=Access(app="find insert update"),
)
