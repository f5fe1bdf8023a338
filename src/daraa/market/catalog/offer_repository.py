"""What a purchase reads of the catalog: variants with their products and stores, each in one command."""

from collections.abc import Sequence

from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS, Product
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Query, one_of
from daraa.stores.mongo import Mongo, Table

VARIANTS_BY_ID = Query(PRODUCT_VARIANTS, "offers_by_id", serves="by id", where=(one_of("id"),))
PRODUCTS_BY_ID = Query(PRODUCTS, "offers_by_id", serves="by id", where=(one_of("id"),))
STORES_BY_ID = Query(STORE_OWNER_PROFILES, "offers_by_id", serves="by id", where=(one_of("id"),))


class OfferRepository:
    """Whatever its state: a purchase must be told why something cannot be bought."""

    def __init__(self, mongo: Mongo) -> None:
        self._variants = Table(PRODUCT_VARIANTS, mongo)
        self._products = Table(PRODUCTS, mongo)
        self._stores = Table(STORE_OWNER_PROFILES, mongo)

    async def list_variants(self, ids: Sequence[str]) -> list[ProductVariant]:
        """The variants with these ids, in no order."""
        return await self._variants.find(VARIANTS_BY_ID, limit=len(ids), ids=ids)

    async def list_products(self, ids: Sequence[str]) -> list[Product]:
        """The products with these ids, in no order."""
        return await self._products.find(PRODUCTS_BY_ID, limit=len(ids), ids=ids)

    async def list_stores(self, ids: Sequence[str]) -> list[StoreOwnerProfile]:
        """The stores with these ids, in no order."""
        return await self._stores.find(STORES_BY_ID, limit=len(ids), ids=ids)
