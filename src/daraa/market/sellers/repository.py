"""Reads behind the counter: stores by owner and state, a store's goods, and the trees that admins tend."""

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.price_histories import PRICE_HISTORIES, PriceHistory
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS, Product, ProductStatus
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.collections.store_owner_profiles import APPROVED, STORE_OWNER_PROFILES, StoreOwnerProfile, StoreStatus
from daraa.declare import Query, asc, desc, eq, matching, near
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Near, Table

STORES_OF_STATE = Query(
    STORE_OWNER_PROFILES,
    "of_state",
    serves="stores of a state, newest first",
    where=(eq("status"),),
    sort=(desc("id"),),
)
STORES_OF_OWNER = Query(
    STORE_OWNER_PROFILES,
    "of_owner",
    serves="an owner's stores, newest first",
    where=(eq("account_id"),),
    sort=(desc("id"),),
)
STORES_OF_CATEGORY = Query(
    STORE_OWNER_PROFILES,
    "of_category",
    serves="approved stores of a category, newest first",
    where=(eq("category_ids", "category_id"), APPROVED),
    sort=(desc("id"),),
)
STORES_NEAR = Query(
    STORE_OWNER_PROFILES,
    "near",
    serves="stores near a point",
    where=(near("location"),),
    also=(APPROVED,),
)
PRODUCTS_OF_STORE = Query(
    PRODUCTS,
    "of_store_by_state",
    serves="a store's products by state, newest first",
    where=(eq("store_id"), eq("status")),
)
PRODUCTS_OF_STATE = Query(
    PRODUCTS,
    "of_state",
    serves="all products of a state, newest first",
    where=(eq("status"),),
    sort=(desc("id"),),
)
VARIANT_BY_SKU = Query(PRODUCT_VARIANTS, "by_sku", serves="a store's variant by sku", where=(eq("store_id"), eq("sku")))
VARIANTS_BY_BARCODE = Query(
    PRODUCT_VARIANTS,
    "by_barcode",
    serves="a store's variants by barcode",
    where=(eq("store_id"), eq("barcode")),
)
PRICES_OF_VARIANT = Query(
    PRICE_HISTORIES,
    "of_variant",
    serves="a variant's prices, newest first",
    where=(eq("variant_id"),),
    also=(eq("store_id"),),
    sort=(desc("id"),),
)
CATEGORY_BY_SLUG = Query(CATEGORIES, "by_slug", serves="a category by its slug", where=(eq("slug"),))
CATEGORY_CHILDREN = Query(
    CATEGORIES,
    "children",
    serves="children of a category in order",
    where=(eq("parent_id"),),
    sort=(asc("order"),),
)
CATEGORY_BELOW = Query(
    CATEGORIES,
    "below",
    serves="everything below a category",
    where=(eq("ancestors", "ancestor_id"),),
)
STORE_CATEGORY_BY_SLUG = Query(STORE_CATEGORIES, "by_slug", serves="a kind of store by its slug", where=(eq("slug"),))
STORE_CATEGORY_CHILDREN = Query(
    STORE_CATEGORIES,
    "children",
    serves="kinds of stores below a kind in order",
    where=(eq("parent_id"),),
    sort=(asc("order"),),
)
STORE_CATEGORIES_BY_TEXT = Query(
    STORE_CATEGORIES,
    "by_text",
    serves="kinds of stores by text",
    where=(matching(),),
)


class StoreRepository:
    """Stores as their owners and the admins see them."""

    def __init__(self, mongo: Mongo) -> None:
        self._stores = Table(STORE_OWNER_PROFILES, mongo)

    async def list_of_state(self, status: StoreStatus, *, limit: int, after: After = None) -> list[StoreOwnerProfile]:
        """Stores of a state, newest first: the queue of those to examine."""
        return await self._stores.find(STORES_OF_STATE, limit=limit, after=after, status=status)

    async def list_of_owner(self, account_id: str, *, limit: int, after: After = None) -> list[StoreOwnerProfile]:
        """An owner's stores, newest first."""
        return await self._stores.find(STORES_OF_OWNER, limit=limit, after=after, account_id=account_id)

    async def list_of_category(self, category_id: str, *, limit: int, after: After = None) -> list[StoreOwnerProfile]:
        """Approved stores of a kind, newest first."""
        return await self._stores.find(STORES_OF_CATEGORY, limit=limit, after=after, category_id=category_id)

    async def list_near(self, point: Near, *, limit: int) -> list[StoreOwnerProfile]:
        """Approved stores near a point, nearest first."""
        return await self._stores.find(STORES_NEAR, limit=limit, near=point)


class GoodsRepository:
    """A store's goods."""

    def __init__(self, mongo: Mongo) -> None:
        self._products = Table(PRODUCTS, mongo)
        self._variants = Table(PRODUCT_VARIANTS, mongo)
        self._prices = Table(PRICE_HISTORIES, mongo)

    async def list_products(self, scope: StoreScope, status: ProductStatus, *, limit: int) -> list[Product]:
        """A store's products of a state, in no order."""
        return await self._products.find(PRODUCTS_OF_STORE, limit=limit, store_id=scope.store_id, status=status)

    async def list_products_of_state(self, status: ProductStatus, *, limit: int, after: After = None) -> list[Product]:
        """All stores' products of a state, newest first: what admins look through."""
        return await self._products.find(PRODUCTS_OF_STATE, limit=limit, after=after, status=status)

    async def find_variant_by_sku(self, scope: StoreScope, sku: str) -> ProductVariant | None:
        """The store's variant with that stock-keeping unit."""
        return await self._variants.find_one(VARIANT_BY_SKU, store_id=scope.store_id, sku=sku)

    async def list_variants_by_barcode(self, scope: StoreScope, barcode: str, *, limit: int) -> list[ProductVariant]:
        """The store's variants with that barcode."""
        return await self._variants.find(VARIANTS_BY_BARCODE, limit=limit, store_id=scope.store_id, barcode=barcode)

    async def list_prices(
        self, scope: StoreScope, variant_id: str, *, limit: int, after: After = None
    ) -> list[PriceHistory]:
        """What one of the store's variants cost, newest first."""
        return await self._prices.find(
            PRICES_OF_VARIANT, limit=limit, after=after, variant_id=variant_id, store_id=scope.store_id
        )


class TreeRepository:
    """The two trees: categories of products and kinds of stores."""

    def __init__(self, mongo: Mongo) -> None:
        self._categories = Table(CATEGORIES, mongo)
        self._kinds = Table(STORE_CATEGORIES, mongo)

    async def find_category(self, slug: str) -> Category | None:
        """A category by its name in URLs."""
        return await self._categories.find_one(CATEGORY_BY_SLUG, slug=slug)

    async def list_children(self, parent_id: str | None, *, limit: int) -> list[Category]:
        """The children of a category, or the roots for None, in order."""
        return await self._categories.find(CATEGORY_CHILDREN, limit=limit, parent_id=parent_id)

    async def list_below(self, ancestor_id: str, *, limit: int) -> list[Category]:
        """Everything below a category: what must be rewritten when it moves."""
        return await self._categories.find(CATEGORY_BELOW, limit=limit, ancestor_id=ancestor_id)

    async def find_store_kind(self, slug: str) -> StoreCategory | None:
        """A kind of store by its name in URLs."""
        return await self._kinds.find_one(STORE_CATEGORY_BY_SLUG, slug=slug)

    async def list_store_kinds_below(self, parent_id: str | None, *, limit: int) -> list[StoreCategory]:
        """The kinds of stores below a kind, or the upper kinds for None, in order."""
        return await self._kinds.find(STORE_CATEGORY_CHILDREN, limit=limit, parent_id=parent_id)

    async def list_store_kinds_by_text(self, folded: str, *, limit: int) -> list[StoreCategory]:
        """Kinds of stores whose texts hold any of the folded words, on servers with text search."""
        return await self._kinds.find(STORE_CATEGORIES_BY_TEXT, limit=limit, text=folded)
