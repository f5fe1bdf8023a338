"""Products in bulk for reading: the demo loader writes eleven documents for each, which reading does not need."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from daraa.kernel.ids import id_at
from daraa.kernel.text import search_words

Raw = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES, PER_STORE = 50, 40
BATCH = 2000
NAMES = [("حذاء", "Shoe"), ("قميص", "Shirt"), ("خبز", "Bread"), ("هاتف", "Phone"), ("كتاب", "Book")]
WORDS = [search_words(ar, en, "منتج product") for ar, en in NAMES]


def thing_id(prefix: str, number: int) -> str:
    """The same number gives the same id, so that a larger size only adds to a smaller one."""
    return id_at(prefix, START + timedelta(seconds=number), number.to_bytes(10, "big"))


def slug_of(number: int) -> str:
    """The slug of the numbered product."""
    return f"product-{number}"


def grow_to(database: Database[Raw], size: int) -> None:
    """Bring the database to `size` products with one variant each; what is there stays.

    The first batch is validated, the rest has the same shape. The indexes stand meanwhile: built afterwards over 100 k
    products, one `createIndexes` kept the Rust stand-in from answering anybody for more than eight minutes.
    """
    if database.categories.count_documents({}) == 0:
        database.categories.insert_many([_category(number) for number in range(CATEGORIES)])
    stores = range(database.storeOwnerProfiles.estimated_document_count(), -(-size // PER_STORE))
    for first in stores[::BATCH]:
        database.storeOwnerProfiles.insert_many(map(_store, range(first, min(first + BATCH, stores.stop))))
    have = database.products.estimated_document_count()
    for first in range(have, size, BATCH):
        numbers, known = range(first, min(size, first + BATCH)), first > 0
        for collection, make in ((database.products, _product), (database.productVariants, _variant)):
            collection.insert_many(map(make, numbers), ordered=False, bypass_document_validation=known)


def sampled(size: int, count: int) -> Iterator[int]:
    """`count` product numbers spread over all of them."""
    return (place * size // count for place in range(count))


def _base(prefix: str, number: int) -> Raw:
    when = START + timedelta(seconds=number)
    return {"_id": thing_id(prefix, number), "ver": 1, "schemaV": 1, "createdAt": when, "updatedAt": when}


def _name(number: int) -> Raw:
    ar, en = NAMES[number % len(NAMES)]
    return {"ar": f"{ar} {number}", "en": f"{en} {number}"}


def _category(number: int) -> Raw:
    more = {"ancestors": [], "depth": 0, "order": number, "isActive": True, "attributeSet": [], "productCount": 0}
    return _base("cat", number) | {"slug": f"category-{number}", "name": _name(number)} | more


def _store(number: int) -> Raw:
    return _base("sto", number) | {
        "accountId": thing_id("acc", number),
        "slug": f"store-{number}",
        "name": _name(number),
        "searchText": "store",
        "searchWords": ["store"],
        "status": "approved",
        "review": {"submittedAt": START},
        "categoryIds": [],
        "phone": "+963933123456",
        "hours": [],
        "acceptsCash": True,
        "returnDays": 7,
        "rating": {"sum": 0, "count": 0},
        "productCount": 0,
    }


def _product(number: int) -> Raw:
    price = 100_000 + number * 7919 % 50_000
    store, category = number // PER_STORE, number // 7 % CATEGORIES
    name = _name(number)
    return _base("prd", number) | {
        "storeId": thing_id("sto", store),
        "categoryId": thing_id("cat", category),
        "categoryPath": [thing_id("cat", category)],
        "slug": slug_of(number),
        "name": name,
        "description": {"ar": "منتج بجودة عالية من السوق المحلي. " * 3, "en": "Good local quality, made to last. " * 3},
        "brand": "Daraa",
        "unit": "piece",
        "status": "active",
        "tags": ["new", "local"],
        "searchText": f"{name['ar']} {name['en']}",
        "searchWords": list(WORDS[number % len(WORDS)]),
        "attributes": [{"k": "color", "v": "red"}, {"k": "weight", "v": "2", "u": "kg"}],
        "media": ["front.webp", "back.webp"],
        "priceFrom": {"amount": price, "currency": "SYP"},
        "priceTo": {"amount": price + 5000, "currency": "SYP"},
        "inStock": True,
        "rating": {"sum": 9, "count": 2},
        "variantCount": 1,
        "store": {"name": _name(store), "slug": f"store-{store}", "open": True},
    }


def _variant(number: int) -> Raw:
    return _base("var", number) | {
        "productId": thing_id("prd", number),
        "storeId": thing_id("sto", number // PER_STORE),
        "sku": f"SKU-{number}",
        "options": {"size": "L"},
        "price": {"amount": 100_000, "currency": "SYP"},
        "status": "active",
    }
