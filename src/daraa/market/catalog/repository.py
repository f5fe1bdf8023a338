"""Every read of the catalog as a named query on the index that serves it, and the tables they are sent to."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.categories import CATEGORIES
from daraa.collections.product_variants import PRODUCT_VARIANTS, VariantStatus
from daraa.collections.products import PRODUCTS, Product, ProductStatus
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreStatus
from daraa.declare import Is, Key, Query, asc, beyond, contains, desc, eq, matching, near, one_of
from daraa.stores.mongo import Mongo, Near, Table

Raw = dict[str, Any]
Rows = list[Raw]

ACTIVE = Is("status", ProductStatus.ACTIVE)
OPEN = Is("store.open", True)
IN_CATEGORY = eq("category_path", "category_id")
IN_STORE = eq("store_id")
NEWEST = (desc("id"),)
CHEAPEST = (asc("price_from.amount"), asc("id"))
DEAREST = (desc("price_from.amount"), desc("id"))
PRICED = (beyond("price_from.amount", "gte", "min_price"), beyond("price_from.amount", "lte", "max_price"))

BY_ID = Query(PRODUCTS, "shown_by_id", "by id", (eq("id"),), also=(ACTIVE, OPEN))
BY_SLUG = Query(PRODUCTS, "shown_by_slug", "a product by its slug", (eq("slug"),), also=(ACTIVE, OPEN))
OF_STORE_IN_STATE = Query(PRODUCTS, "of_store_in_state", "a store's products by state", (IN_STORE, eq("status")))
MATCHING = Query(
    PRODUCTS, "matching_text", "products by text, best match first", (matching(),), also=(ACTIVE, OPEN)
)  # fmt: skip

ALL_NEWEST = Query(PRODUCTS, "newest", "all products of a state, newest first", (ACTIVE,), NEWEST, (OPEN,))
STORE_NEWEST = Query(
    PRODUCTS, "newest_of_store", "a store's active products, newest first", (ACTIVE, IN_STORE), NEWEST, (OPEN,)
)
CATEGORY_NEWEST = Query(
    PRODUCTS, "newest_of_category", "a category's active products, newest first",
    (ACTIVE, IN_CATEGORY), NEWEST, (OPEN,),
)  # fmt: skip
STORES_GOODS = Query(
    PRODUCTS, "of_stores", "a store's active products, newest first", (ACTIVE, one_of("store_id")), also=(OPEN,)
)
STORE_CATEGORY_NEWEST = Query(
    PRODUCTS, "newest_of_store_in_category", "a store's active products, newest first",
    (ACTIVE, IN_STORE), NEWEST, (OPEN, IN_CATEGORY),
)  # fmt: skip
WORDS = contains("search_words", "words")
WORDS_SERVED = "active products by folded words, newest first"
FOUND = Query(PRODUCTS, "found", WORDS_SERVED, (ACTIVE, WORDS), NEWEST, (OPEN,))
STORE_FOUND = Query(PRODUCTS, "found_in_store", WORDS_SERVED, (ACTIVE, WORDS), NEWEST, (OPEN, IN_STORE))
CATEGORY_FOUND = Query(PRODUCTS, "found_in_category", WORDS_SERVED, (ACTIVE, WORDS), NEWEST, (OPEN, IN_CATEGORY))
STORE_CATEGORY_FOUND = Query(
    PRODUCTS, "found_in_store_and_category", WORDS_SERVED, (ACTIVE, WORDS), NEWEST, (OPEN, IN_STORE, IN_CATEGORY)
)


def _by_price(name: str, sort: tuple[Key, ...]) -> dict[frozenset[str], Query[Product]]:
    """One order by price, for each set of filters that a list may have."""
    every, store, category = (
        "all active products by price",
        "a store's active products by price",
        "a category's active products by price",
    )
    return {
        frozenset(): Query(PRODUCTS, name, every, (ACTIVE, *PRICED), sort, (OPEN,)),
        frozenset({"store_id"}): Query(PRODUCTS, f"{name}_of_store", store, (ACTIVE, IN_STORE, *PRICED), sort, (OPEN,)),
        frozenset({"category_id"}): Query(
            PRODUCTS, f"{name}_of_category", category, (ACTIVE, IN_CATEGORY, *PRICED), sort, (OPEN,)
        ),
        frozenset({"store_id", "category_id"}): Query(
            PRODUCTS, f"{name}_of_store_in_category", store, (ACTIVE, IN_STORE, *PRICED), sort, (OPEN, IN_CATEGORY)
        ),
    }


LISTS: dict[str, dict[frozenset[str], Query[Product]]] = {
    "newest": {
        frozenset(): ALL_NEWEST,
        frozenset({"store_id"}): STORE_NEWEST,
        frozenset({"category_id"}): CATEGORY_NEWEST,
        frozenset({"store_id", "category_id"}): STORE_CATEGORY_NEWEST,
    },
    "price": _by_price("cheapest", CHEAPEST),
    "-price": _by_price("dearest", DEAREST),
    "found": {
        frozenset(): FOUND,
        frozenset({"store_id"}): STORE_FOUND,
        frozenset({"category_id"}): CATEGORY_FOUND,
        frozenset({"store_id", "category_id"}): STORE_CATEGORY_FOUND,
    },
}
"""The queries of product lists by order, then by the filters given."""

VARIANTS = Query(
    PRODUCT_VARIANTS, "offered_of_product", "the variants of a product",
    (eq("product_id"),), (asc("id"),), (Is("status", VariantStatus.ACTIVE),),
)  # fmt: skip

CATEGORY_TREE = Query(
    CATEGORIES, "tree", "the active category tree in order",
    (Is("is_active", True),), (asc("depth"), asc("order"), asc("id")),
)  # fmt: skip
STORE_KINDS = Query(
    STORE_CATEGORIES, "tree", "the active kinds of stores in order",
    (Is("is_active", True),), (asc("depth"), asc("order"), asc("id")),
)  # fmt: skip
CATEGORY_BY_SLUG = Query(
    CATEGORIES, "shown_by_slug", "a category by its slug", (eq("slug"),), also=(Is("is_active", True),)
)
CATEGORY_BY_ID = Query(CATEGORIES, "shown_by_id", "by id", (eq("id"),), also=(Is("is_active", True),))
CATEGORY_CHILDREN = Query(
    CATEGORIES, "shown_children", "children of a category in order",
    (eq("parent_id"),), (asc("order"),), (Is("is_active", True),),
)  # fmt: skip
KIND_BY_ID = Query(STORE_CATEGORIES, "shown_by_id", "by id", (eq("id"),), also=(Is("is_active", True),))
KIND_CHILDREN = Query(
    STORE_CATEGORIES, "shown_children", "kinds of stores below a kind in order",
    (eq("parent_id"),), (asc("order"),), (Is("is_active", True),),
)  # fmt: skip
KIND_BY_SLUG = Query(
    STORE_CATEGORIES, "shown_by_slug", "a kind of store by its slug", (eq("slug"),), also=(Is("is_active", True),)
)

APPROVED = Is("status", StoreStatus.APPROVED)
OF_KIND = eq("category_ids", "kind_id")
STORE_BY_ID = Query(STORE_OWNER_PROFILES, "shown_by_id", "by id", (eq("id"),), also=(APPROVED,))
STORE_BY_SLUG = Query(STORE_OWNER_PROFILES, "shown_by_slug", "a store by its slug", (eq("slug"),), also=(APPROVED,))
STORES_NEWEST = Query(STORE_OWNER_PROFILES, "newest", "stores of a state, newest first", (APPROVED,), NEWEST)
STORES_OF_KIND = Query(
    STORE_OWNER_PROFILES, "newest_of_kind", "approved stores of a category, newest first",
    (APPROVED, OF_KIND), NEWEST,
)  # fmt: skip
STORES_NEAR = Query(STORE_OWNER_PROFILES, "near", "stores near a point", (near("location"),), also=(APPROVED,))
STORES_OF_KIND_NEAR = Query(
    STORE_OWNER_PROFILES, "near_of_kind", "stores near a point", (near("location"),), also=(APPROVED, OF_KIND)
)
STORE_WORDS_SERVED = "approved stores by folded words, newest first"
STORES_FOUND = Query(STORE_OWNER_PROFILES, "found", STORE_WORDS_SERVED, (APPROVED, WORDS), NEWEST)
STORES_OF_KIND_FOUND = Query(
    STORE_OWNER_PROFILES,
    "found_of_kind",
    STORE_WORDS_SERVED,
    (APPROVED, WORDS),
    NEWEST,
    (eq("category_ids", "kind_id"),),
)

QUERIES: tuple[Query[Any], ...] = (
    BY_ID, BY_SLUG, OF_STORE_IN_STATE, MATCHING, *(query for lists in LISTS.values() for query in lists.values()),
    VARIANTS, CATEGORY_TREE, CATEGORY_BY_ID, CATEGORY_BY_SLUG, CATEGORY_CHILDREN,
    STORE_KINDS, KIND_BY_ID, KIND_BY_SLUG, KIND_CHILDREN,
    STORE_BY_ID, STORE_BY_SLUG, STORES_NEWEST, STORES_OF_KIND, STORES_FOUND, STORES_OF_KIND_FOUND,
)  # fmt: skip
"""Everything that the catalog reads."""

MOST_VARIANTS = 100
MOST_CATEGORIES = 5000
After = tuple[Any, ...] | None


class CatalogRepository:
    """Reads as stored: answers are built straight from these documents. All errors are DaraaError."""

    def __init__(self, mongo: Mongo) -> None:
        self._products = Table(PRODUCTS, mongo)
        self._variants = Table(PRODUCT_VARIANTS, mongo)
        self._categories = Table(CATEGORIES, mongo)
        self._kinds = Table(STORE_CATEGORIES, mongo)
        self._stores = Table(STORE_OWNER_PROFILES, mongo)

    async def list_products(self, order: str, limit: int, after: After, **filters: Any) -> Rows:
        """One page of shown products; `order` is a key of LISTS, filters are its arguments."""
        query = LISTS[order][frozenset(filters) & {"store_id", "category_id"}]
        return await self._products.find_raw(query, limit=limit, after=after, **filters)

    async def list_products_of(self, store_ids: Sequence[str], *, limit: int) -> Rows:
        """Shown products of some stores, in no order."""
        return await self._products.find_raw(STORES_GOODS, limit=limit, store_ids=store_ids)

    async def list_best(self, text: str, limit: int) -> Rows:
        """The shown products that match `text` best, best first; only on a server that has text indexes."""
        return await self._products.find_raw(MATCHING, limit=limit, text=text)

    async def find_product(self, key: str, *, by_id: bool) -> Raw | None:
        """A shown product by id or slug."""
        args: dict[str, Any] = {"id": key} if by_id else {"slug": key}
        return _first(await self._products.find_raw(BY_ID if by_id else BY_SLUG, limit=1, **args))

    async def count_by_state(self, store_id: str, status: ProductStatus, *, at_most: int) -> int:
        """How many products of a store are in that state, counting no further than `at_most`."""
        return await self._products.count(OF_STORE_IN_STATE, at_most=at_most, store_id=store_id, status=status)

    async def list_variants(self, product_id: str) -> Rows:
        """The variants of a product that are offered, oldest first."""
        return await self._variants.find_raw(VARIANTS, limit=MOST_VARIANTS, product_id=product_id)

    async def list_categories(self) -> Rows:
        """The active categories, parents before children."""
        return await self._categories.find_raw(CATEGORY_TREE, limit=MOST_CATEGORIES)

    async def list_store_kinds(self) -> Rows:
        """The active kinds of stores, parents before children."""
        return await self._kinds.find_raw(STORE_KINDS, limit=MOST_CATEGORIES)

    async def find_category(self, key: str, *, by_id: bool) -> Raw | None:
        """An active category by id or slug."""
        args: dict[str, Any] = {"id": key} if by_id else {"slug": key}
        return _first(await self._categories.find_raw(CATEGORY_BY_ID if by_id else CATEGORY_BY_SLUG, limit=1, **args))

    async def list_category_children(self, parent_id: str) -> Rows:
        """The active categories directly below one, in order."""
        return await self._categories.find_raw(CATEGORY_CHILDREN, limit=MOST_CATEGORIES, parent_id=parent_id)

    async def find_kind(self, key: str, *, by_id: bool) -> Raw | None:
        """An active kind of store by id or slug."""
        args: dict[str, Any] = {"id": key} if by_id else {"slug": key}
        return _first(await self._kinds.find_raw(KIND_BY_ID if by_id else KIND_BY_SLUG, limit=1, **args))

    async def list_kind_children(self, parent_id: str) -> Rows:
        """The active kinds of stores directly below one, in order."""
        return await self._kinds.find_raw(KIND_CHILDREN, limit=MOST_CATEGORIES, parent_id=parent_id)

    async def find_store(self, key: str, *, by_id: bool) -> Raw | None:
        """An approved store by id or slug."""
        args: dict[str, Any] = {"id": key} if by_id else {"slug": key}
        return _first(await self._stores.find_raw(STORE_BY_ID if by_id else STORE_BY_SLUG, limit=1, **args))

    async def list_stores(self, limit: int, after: After, **filters: Any) -> Rows:
        """One page of approved stores, newest first; filters are `kind_id` and `words`."""
        query = {
            frozenset(): STORES_NEWEST,
            frozenset({"kind_id"}): STORES_OF_KIND,
            frozenset({"words"}): STORES_FOUND,
            frozenset({"kind_id", "words"}): STORES_OF_KIND_FOUND,
        }[frozenset(filters)]
        return await self._stores.find_raw(query, limit=limit, after=after, **filters)

    async def list_stores_near(self, point: Near, *, limit: int) -> Rows:
        """Approved stores near a point, nearest first."""
        return await self._stores.find_raw(STORES_NEAR, limit=limit, near=point)

    async def list_stores_of_kind_near(self, point: Near, kind_id: str, *, limit: int) -> Rows:
        """Approved stores of a kind near a point, nearest first."""
        return await self._stores.find_raw(STORES_OF_KIND_NEAR, limit=limit, near=point, kind_id=kind_id)


def _first(rows: Rows) -> Raw | None:
    return rows[0] if rows else None
