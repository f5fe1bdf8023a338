"""Products: what stores offer; decisions about price and stock are made on variants and inventories, not here."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Rating, Slug
from daraa.declare import (
    Access,
    AtMost,
    CachedEntity,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Part,
    Ref,
    Text,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class ProductStatus(StrEnum):
    """Where a product stands between its store and the shoppers."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"
    OUT_OF_STOCK = "out_of_stock"


class ProductUnit(StrEnum):
    """What one piece of the product is measured in."""

    PIECE = "piece"
    KG = "kg"
    GRAM = "gram"
    METER = "meter"
    LITER = "liter"
    BOX = "box"
    PACK = "pack"


class Attribute(Part):
    """One searchable property (attribute pattern): key, value, unit."""

    k: Annotated[str, StringConstraints(max_length=50)]
    v: Annotated[str, StringConstraints(max_length=200)]
    u: str | None = None


class StoreCopy(Part):
    """What a product shows of its store, refreshed by event. `open`: the platform lets it sell."""

    name: Localized
    slug: str
    open: bool = True


class Product(Document):
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    category_id: Annotated[Id, Ref("categories")]
    category_path: Annotated[tuple[Annotated[Id, Ref("categories")], ...], AtMost(6)]
    slug: Slug
    name: Localized
    description: Localized
    brand: str | None = None
    unit: ProductUnit = ProductUnit.PIECE
    status: ProductStatus = ProductStatus.DRAFT
    tags: Annotated[tuple[str, ...], AtMost(20)] = ()
    search_text: str
    search_words: Annotated[tuple[str, ...], AtMost(80)]
    attributes: Annotated[tuple[Attribute, ...], AtMost(40)] = ()
    media: Annotated[tuple[str, ...], AtMost(12)] = ()
    price_from: Money
    price_to: Money
    in_stock: bool
    rating: Rating = Rating()
    variant_count: Annotated[int, Field(ge=0, le=100)] = 0
    store: StoreCopy


ACTIVE = Is("status", ProductStatus.ACTIVE)

PRODUCTS = Collection(
    Product,
    name="products",
    purpose="A product of one store as shoppers see it: texts in both languages, price range, search words.",
    prefix="prd",
    indexes=(
        Unique("slug", serves="a product by its slug"),
        Index("store_id", "status", serves="a store's products by state"),
        Index("store_id", "status", desc("id"), serves="a store's products by state, newest first"),
        Index("store_id", desc("id"), only=ACTIVE, serves="a store's active products, newest first"),
        Index("store_id", "price_from.amount", "id", only=ACTIVE, serves="a store's active products by price"),
        Index("category_path", desc("id"), only=ACTIVE, serves="a category's active products, newest first"),
        Index("category_path", "price_from.amount", "id", only=ACTIVE, serves="a category's active products by price"),
        Index("status", desc("id"), serves="all products of a state, newest first"),
        Index("price_from.amount", "id", only=ACTIVE, serves="all active products by price"),
        Index("search_words", desc("id"), only=ACTIVE, serves="active products by folded words, newest first"),
        Text(
            "search_text", "name.ar", "name.en", "description.ar", "description.en", "tags",
            serves="products by text, best match first",
            weights={"search_text": 10, "name.ar": 10, "name.en": 10, "tags": 5},
        ),
    ),
    retention=Keep(because="orders, reviews and links refer to it; a product no longer sold is inactive"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("product:{id}", "store:{store_id}")),
    access=Access(app="find insert update"),
    shard_key=("store_id", "id"),
)  # fmt: skip
