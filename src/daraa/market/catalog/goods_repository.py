"""A store's products, variants and prices in the database, and what they take over from store, category and stock."""

from collections.abc import Mapping, Sequence
from typing import Any

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.price_histories import PRICE_HISTORIES, PriceHistory
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS, Product, ProductStatus
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Query, asc, desc, eq, one_of
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

PRODUCT_BY_ID = Query(PRODUCTS, "by_id", serves="by id", where=(eq("id"),))
PRODUCTS_OF_STORE = Query(
    PRODUCTS,
    "of_store_by_state",
    serves="a store's products by state, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("id"),),
)
VARIANT_BY_ID = Query(PRODUCT_VARIANTS, "by_id", serves="by id", where=(eq("id"),))
VARIANTS_OF_PRODUCT = Query(
    PRODUCT_VARIANTS,
    "of_product",
    serves="the variants of a product",
    where=(eq("product_id"),),
    sort=(asc("id"),),
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
STORE_OF_GOODS = Query(STORE_OWNER_PROFILES, "of_goods", serves="by id", where=(eq("id"),))
CATEGORY_OF_GOODS = Query(CATEGORIES, "of_goods", serves="by id", where=(eq("id"),))
CURRENCY_OF_GOODS = Query(CURRENCIES, "of_goods", serves="by id", where=(eq("id"),))
STOCK_OF_VARIANTS = Query(
    INVENTORIES, "of_goods", serves="the stock of variants", where=(one_of("variant_id"),)
)  # fmt: skip
MOST_VARIANTS = 100
MOST_SHELVES = 1000


class GoodsRepository:
    """A store's goods. Whoever asks by id checks whose they are."""

    def __init__(self, mongo: Mongo) -> None:
        self._products = Table(PRODUCTS, mongo)
        self._variants = Table(PRODUCT_VARIANTS, mongo)
        self._prices = Table(PRICE_HISTORIES, mongo)

    async def find_product(self, product_id: str, *, session: Session | None = None) -> Product | None:
        """A product, whatever its state."""
        return await self._products.find_one(PRODUCT_BY_ID, session=session, id=product_id)

    async def list_products(
        self, scope: StoreScope, status: ProductStatus, *, limit: int, after: After = None
    ) -> list[Product]:
        """A store's products of a state, newest first."""
        return await self._products.find(
            PRODUCTS_OF_STORE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def insert_product(self, product: Product, *, session: Session) -> None:
        """Add a product; `stores.key.duplicate` when its slug is taken."""
        await self._products.insert(product, session=session)

    async def change_product(
        self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> Product | None:
        """Change the product that matches the guard; None when none does."""
        return await self._products.update_and_get(guard, update, session=session)

    async def find_variant(self, variant_id: str, *, session: Session | None = None) -> ProductVariant | None:
        """A variant, whatever its state."""
        return await self._variants.find_one(VARIANT_BY_ID, session=session, id=variant_id)

    async def list_variants(self, product_id: str, *, session: Session | None = None) -> list[ProductVariant]:
        """All variants of a product, oldest first, those no longer offered too."""
        return await self._variants.find(
            VARIANTS_OF_PRODUCT, limit=MOST_VARIANTS, session=session, product_id=product_id
        )

    async def insert_variants(self, variants: Sequence[ProductVariant], *, session: Session) -> None:
        """Add variants; `stores.key.duplicate` when the store has one of the skus already."""
        await self._variants.insert_many(variants, session=session)

    async def change_variant(
        self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> ProductVariant | None:
        """Change the variant that matches the guard; None when none does."""
        return await self._variants.update_and_get(guard, update, session=session)

    async def find_variant_by_sku(self, scope: StoreScope, sku: str) -> ProductVariant | None:
        """The store's variant with that stock-keeping unit."""
        return await self._variants.find_one(VARIANT_BY_SKU, store_id=scope.store_id, sku=sku)

    async def list_variants_by_barcode(self, scope: StoreScope, barcode: str, *, limit: int) -> list[ProductVariant]:
        """The store's variants with that barcode."""
        return await self._variants.find(VARIANTS_BY_BARCODE, limit=limit, store_id=scope.store_id, barcode=barcode)

    async def insert_prices(self, rows: Sequence[PriceHistory], *, session: Session) -> None:
        """Remember what variants cost from now on."""
        await self._prices.insert_many(rows, session=session)

    async def list_prices(
        self, scope: StoreScope, variant_id: str, *, limit: int, after: After = None
    ) -> list[PriceHistory]:
        """What one of the store's variants cost, newest first."""
        return await self._prices.find(
            PRICES_OF_VARIANT, limit=limit, after=after, variant_id=variant_id, store_id=scope.store_id
        )


class SurroundingsRepository:
    """What goods stand on: their store, category, currency and stock."""

    def __init__(self, mongo: Mongo) -> None:
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._categories = Table(CATEGORIES, mongo)
        self._currencies = Table(CURRENCIES, mongo)
        self._stock = Table(INVENTORIES, mongo)

    async def find_store(self, store_id: str, *, session: Session | None = None) -> StoreOwnerProfile | None:
        """The store, whatever its state."""
        return await self._stores.find_one(STORE_OF_GOODS, session=session, id=store_id)

    async def add_to_product_count(
        self, store_id: str, update: Mapping[str, Any], *, least: int, session: Session
    ) -> bool:
        """Change the store's number of active products; False when it says less than `least`, and stays as it is."""
        where = {"id": store_id, "product_count": {"$gte": least}}
        return await self._stores.update_one(where, update, session=session)

    async def find_category(self, category_id: str, *, session: Session | None = None) -> Category | None:
        """The category, active or not."""
        return await self._categories.find_one(CATEGORY_OF_GOODS, session=session, id=category_id)

    async def find_currency(self, code: str, *, session: Session | None = None) -> Currency | None:
        """The currency with that code."""
        return await self._currencies.find_one(CURRENCY_OF_GOODS, session=session, id=code)

    async def list_stock(self, variant_ids: Sequence[str], *, session: Session | None = None) -> list[Inventory]:
        """The stock of variants in all places."""
        return await self._stock.find(STOCK_OF_VARIANTS, limit=MOST_SHELVES, session=session, variant_ids=variant_ids)
