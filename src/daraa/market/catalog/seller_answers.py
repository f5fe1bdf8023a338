"""From a store's goods to what those behind its counter see: everything, in both languages."""

from collections.abc import Iterable
from typing import Any

from daraa.collections.price_histories import PriceHistory
from daraa.collections.product_variants import ProductVariant
from daraa.collections.products import Product


def own_card(product: Product) -> dict[str, Any]:
    """A product in its store's list."""
    return {
        "id": product.id,
        "version": product.ver,
        "slug": product.slug,
        "status": product.status.value,
        "name": product.name.model_dump(),
        "category_id": product.category_id,
        "price_from": product.price_from.model_dump(),
        "price_to": product.price_to.model_dump(),
        "variant_count": product.variant_count,
        "in_stock": product.in_stock,
        "image": next(iter(product.media), None),
        "updated_at": product.updated_at,
    }


def own_product(product: Product, variants: Iterable[ProductVariant]) -> dict[str, Any]:
    """A product with all its variants."""
    return own_card(product) | {
        "category_path": list(product.category_path),
        "description": product.description.model_dump(),
        "brand": product.brand,
        "unit": product.unit.value,
        "tags": list(product.tags),
        "attributes": [each.model_dump() for each in product.attributes],
        "media": list(product.media),
        "variants": [own_variant(each) for each in variants],
        "created_at": product.created_at,
    }


def own_variant(variant: ProductVariant) -> dict[str, Any]:
    """A variant, on offer or not."""
    return {"version": variant.ver} | variant.model_dump(
        mode="json",
        include={
            "id", "product_id", "sku", "barcode", "name", "options", "price", "list_price", "sale", "weight_grams",
            "image", "status", "created_at", "updated_at",
        },
    )  # fmt: skip


def price(row: PriceHistory) -> dict[str, Any]:
    """What a variant cost from then on."""
    return row.model_dump(
        mode="json", include={"id", "price", "list_price", "sale_price", "changed_by", "reason", "created_at"}
    )
