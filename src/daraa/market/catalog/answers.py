"""From stored documents to what shoppers see, without a model in between: lists are the hottest path there is.

A test builds every declared example through here and validates it against the schemas, so the two cannot drift.
"""

from collections.abc import Iterable
from typing import Any

from daraa.kernel.languages import Language

Raw = dict[str, Any]
OTHER: dict[Language, Language] = {"ar": "en", "en": "ar"}


def in_language(text: Raw | None, language: Language) -> str | None:
    """The text in that language, else in the other one, else None."""
    return (text.get(language) or text.get(OTHER[language]) or None) if text else None


def product_card(row: Raw, language: Language) -> Raw:
    """A product in a list."""
    store, media = row["store"], row["media"]
    return {
        "id": row["_id"],
        "slug": row["slug"],
        "name": in_language(row["name"], language) or "",
        "brand": row.get("brand"),
        "unit": row["unit"],
        "price_from": row["priceFrom"],
        "price_to": row["priceTo"],
        "in_stock": row["inStock"],
        "rating": rating(row["rating"]),
        "image": media[0] if media else None,
        "category_id": row["categoryId"],
        "store": {
            "id": row["storeId"],
            "slug": store["slug"],
            "name": in_language(store["name"], language) or "",
        },
        "created_at": row["createdAt"],
        "updated_at": row["updatedAt"],
    }


def product_detail(row: Raw, variants: Iterable[Raw], language: Language) -> Raw:
    """A product with its variants."""
    return product_card(row, language) | {
        "description": in_language(row["description"], language) or "",
        "category_path": row["categoryPath"],
        "attributes": [{"key": each["k"], "value": each["v"], "unit": each.get("u")} for each in row["attributes"]],
        "tags": row["tags"],
        "media": row["media"],
        "variants": [variant(each, language) for each in variants],
    }


def variant(row: Raw, language: Language) -> Raw:
    """One sellable form of a product."""
    return {
        "id": row["_id"],
        "sku": row["sku"],
        "name": in_language(row.get("name"), language),
        "options": row["options"],
        "price": row["price"],
        "list_price": row.get("listPrice"),
        "image": row.get("image"),
        "weight_grams": row.get("weightGrams"),
    }


def store_card(row: Raw, language: Language) -> Raw:
    """A store in a list; nothing personal of its owner."""
    return {
        "id": row["_id"],
        "slug": row["slug"],
        "name": in_language(row["name"], language) or "",
        "description": in_language(row.get("description"), language),
        "logo": row.get("logo"),
        "rating": rating(row["rating"]),
        "product_count": row["productCount"],
        "created_at": row["createdAt"],
        "updated_at": row["updatedAt"],
    }


def store_detail(row: Raw, language: Language) -> Raw:
    """A store on its own page."""
    return store_card(row, language) | {
        "banner": row.get("banner"),
        "address": row.get("address"),
        "hours": [
            {"day": each["day"], "opens_minute": each["opensMinute"], "closes_minute": each["closesMinute"]}
            for each in row["hours"]
        ],
        "accepts_cash": row["acceptsCash"],
        "return_days": row["returnDays"],
    }


def rating(stored: Raw) -> Raw:
    """Mean and number of the stars given."""
    count = stored["count"]
    return {"average": round(stored["sum"] / count, 2) if count else None, "count": count}


def category_node(row: Raw, language: Language) -> Raw:
    """A category or kind of store, nothing below it yet."""
    return {
        "id": row["_id"],
        "slug": row["slug"],
        "name": in_language(row["name"], language) or "",
        "description": in_language(row.get("description"), language),
        "icon": row.get("icon"),
        "image": row.get("image"),
        "children": [],
    }


def category_tree(rows: Iterable[Raw], language: Language) -> list[Raw]:
    """The roots with everything below them; what hangs below a missing or inactive parent is left out."""
    roots: list[Raw] = []
    nodes: dict[str, Raw] = {}
    for row in rows:
        node = category_node(row, language)
        parent = row.get("parentId")
        if parent is None:
            roots.append(node)
        elif parent in nodes:
            nodes[parent]["children"].append(node)
        else:
            continue
        nodes[row["_id"]] = node
    return roots
