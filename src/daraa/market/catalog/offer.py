"""One variant as it can be bought now: its price, what it is called, and why it cannot be bought; pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daraa.collections.product_variants import ProductVariant, VariantStatus
from daraa.collections.products import Product, ProductStatus
from daraa.collections.store_owner_profiles import StoreOwnerProfile, StoreStatus
from daraa.declare import Localized, Point
from daraa.kernel.money import Money

Reason = Literal["store_not_approved", "product_not_active", "variant_inactive"]
LONGEST_NAME = 5000


@dataclass(frozen=True, slots=True)
class SellableVariant:
    """What carts, quotes and orders need of a variant. `reason` says why `sellable` is False.

    `unit_price` is the sale's price inside its window. Stock is no part of it: ask the inventory.
    """

    variant_id: str
    product_id: str
    store_id: str
    store_name: Localized
    store_slug: str
    store_category_ids: tuple[str, ...]
    category_path: tuple[str, ...]
    name: Localized
    sku: str
    image: str | None
    unit_price: Money
    sellable: bool
    reason: Reason | None
    accepts_cash: bool
    cash_limit: Money | None
    return_days: int
    store_location: Point | None


def offer_of(variant: ProductVariant, product: Product, store: StoreOwnerProfile, now: datetime) -> SellableVariant:
    """The variant as it can be bought at `now`."""
    reason = _obstacle(variant, product, store)
    return SellableVariant(
        variant_id=variant.id,
        product_id=product.id,
        store_id=store.id,
        store_name=store.name,
        store_slug=store.slug,
        store_category_ids=store.category_ids,
        category_path=product.category_path,
        name=_name(product.name, variant.name),
        sku=variant.sku,
        image=variant.image or next(iter(product.media), None),
        unit_price=price_at(variant, now),
        sellable=reason is None,
        reason=reason,
        accepts_cash=store.accepts_cash,
        cash_limit=store.cash_limit,
        return_days=store.return_days,
        store_location=store.location,
    )


def price_at(variant: ProductVariant, now: datetime) -> Money:
    """What one piece costs: the sale's price from its start until before its end, else the price."""
    sale = variant.sale
    return sale.price if sale is not None and sale.starts_at <= now < sale.ends_at else variant.price


def _obstacle(variant: ProductVariant, product: Product, store: StoreOwnerProfile) -> Reason | None:
    """The widest reason first: a shut store tells more than an inactive variant in it."""
    if store.status is not StoreStatus.APPROVED:
        return "store_not_approved"
    if product.status is not ProductStatus.ACTIVE:
        return "product_not_active"
    return "variant_inactive" if variant.status is not VariantStatus.ACTIVE else None


def _name(product: Localized, variant: Localized | None) -> Localized:
    """The product's name with the variant's behind it, so that a line on a bill says which size it was."""
    if variant is None:
        return product
    ar, en = f"{product.ar}، {variant.ar}", f"{product.en}, {variant.en}"
    return Localized(ar=ar[:LONGEST_NAME], en=en[:LONGEST_NAME])
