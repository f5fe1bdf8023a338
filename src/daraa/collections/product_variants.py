"""Product variants: what is really sold, with its price; stock is kept in inventories."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    CachedEntity,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Localized,
    Moment,
    Part,
    Present,
    Ref,
    Unique,
)
from daraa.kernel.money import Money


class VariantStatus(StrEnum):
    """Whether a variant is offered."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class Sale(Part):
    """A lower price for a time."""

    price: Money
    starts_at: Moment
    ends_at: Moment


class ProductVariant(Document):
    product_id: Annotated[Id, Ref("products")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    sku: Annotated[str, StringConstraints(max_length=64)]
    barcode: Annotated[str | None, StringConstraints(max_length=32)] = None
    name: Localized | None = None
    options: Annotated[dict[str, str], AtMost(5)] = Field(default_factory=dict)
    price: Money
    list_price: Money | None = None
    sale: Sale | None = None
    weight_grams: Annotated[int | None, Field(ge=0)] = None
    image: str | None = None
    status: VariantStatus = VariantStatus.ACTIVE


PRODUCT_VARIANTS = Collection(
    ProductVariant,
    name="product_variants",
    purpose="One sellable form of a product, as in size L and red: its sku, options and price.",
    prefix="var",
    indexes=(
        Index("product_id", "id", serves="the variants of a product"),
        Unique("store_id", "sku", serves="a store's variant by sku"),
        Index("store_id", "barcode", only=Present("barcode"), serves="a store's variants by barcode"),
    ),
    retention=Keep(because="orders and stock refer to it; a variant no longer sold is inactive"),
    cache=CachedEntity(ttl=timedelta(minutes=10), tags=("product:{product_id}", "store:{store_id}")),
    access=Access(app="find insert update"),
    shard_key=("store_id", "id"),
)
