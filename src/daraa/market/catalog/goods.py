"""The rules of a store's goods as pure functions: states, figures of a product, attributes, prices, names in URLs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from daraa.collections.categories import AttributeKind, AttributeRule, Category
from daraa.collections.inventories import Inventory
from daraa.collections.product_variants import ProductVariant, VariantStatus
from daraa.collections.products import Attribute, ProductStatus
from daraa.declare import Localized
from daraa.kernel.search_fields import product_search

MOVES: Mapping[ProductStatus, frozenset[ProductStatus]] = {
    ProductStatus.DRAFT: frozenset({ProductStatus.ACTIVE, ProductStatus.INACTIVE}),
    ProductStatus.ACTIVE: frozenset({ProductStatus.INACTIVE, ProductStatus.OUT_OF_STOCK}),
    ProductStatus.INACTIVE: frozenset({ProductStatus.ACTIVE}),
    ProductStatus.OUT_OF_STOCK: frozenset({ProductStatus.ACTIVE, ProductStatus.INACTIVE}),
}
"""What a store may do with a product; the platform examines stores, not each product. Nothing is a draft again."""
PRICED = ("price", "list_price", "sale")
_YES_NO = frozenset({"yes", "no"})
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def figures(variants: Sequence[ProductVariant], stock: Iterable[Inventory]) -> dict[str, Any]:
    """What a product shows of its variants: the range of their prices (sales aside), their number, and stock.

    Those not offered count only while there are no others, because a price range cannot be empty.
    """
    offered = [each for each in variants if each.status is VariantStatus.ACTIVE]
    by_price = sorted(offered or variants, key=lambda each: each.price.amount)
    return {
        "price_from": by_price[0].price,
        "price_to": by_price[-1].price,
        "variant_count": len(offered),
        "in_stock": is_in_stock(variants, stock),
    }


def is_in_stock(variants: Iterable[ProductVariant], stock: Iterable[Inventory]) -> bool:
    """Whether something is left of what is offered; what an attempt holds counts, for it may come back."""
    ids = {each.id for each in variants if each.status is VariantStatus.ACTIVE}
    return any(row.available + row.held > 0 for row in stock if row.variant_id in ids)


def search_fields(name: Localized, brand: str | None, tags: Sequence[str], category: Category) -> dict[str, Any]:
    """The search fields of a product."""
    found = product_search((name.ar, name.en), brand, tags, (category.name.ar, category.name.en))
    return {"search_text": found.text, "search_words": found.words}


def path_of(category: Category) -> tuple[str, ...]:
    """The category with all above it, as products carry it."""
    return (*category.ancestors, category.id)


def attribute_problem(
    rules: Sequence[AttributeRule], attributes: Sequence[Attribute], *, complete: bool
) -> tuple[str, str] | None:
    """The first attribute that breaks a rule of the category and what is wrong with it; `complete` wants all of them.

    Attributes for which the category has no rule are free.
    """
    given = {each.k: each for each in attributes}
    for rule in rules:
        attribute = given.get(rule.k)
        if attribute is None:
            if complete and rule.is_required:
                return rule.k, "is required"
        elif problem := _misfit(rule, attribute.v):
            return rule.k, problem
    return None


def _misfit(rule: AttributeRule, value: str) -> str:
    if rule.kind is AttributeKind.NUMBER and not _NUMBER.fullmatch(value):
        return "must be a number"
    if rule.kind is AttributeKind.YES_NO and value not in _YES_NO:
        return "must be yes or no"
    if rule.kind is AttributeKind.CHOICE and value not in rule.choices:
        return "must be one of " + ", ".join(rule.choices[:20])
    return ""


def price_problem(variant: ProductVariant) -> str:
    """What is wrong with a variant's prices; empty when nothing is."""
    price, listed, sale = variant.price, variant.list_price, variant.sale
    if listed is not None and (listed.currency != price.currency or listed.amount < price.amount):
        return "list_price must be in the price's currency and not below it"
    if sale is None:
        return ""
    if sale.price.currency != price.currency or sale.price.amount >= price.amount:
        return "sale.price must be in the price's currency and below it"
    return "" if sale.starts_at < sale.ends_at else "sale.ends_at must be after sale.starts_at"


def slug_for(name: str, product_id: str) -> str:
    """A name in URLs for a product that came without one: words of its English name, and the end of its id."""
    words = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:80].strip("-")
    return f"{words or 'product'}-{product_id[-8:]}"
