"""Tells carts and checkouts what variants cost now and whether they are for sale, in three commands at most."""

from collections.abc import Collection, Mapping

from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.catalog.offer import SellableVariant, offer_of
from daraa.market.catalog.offer_repository import OfferRepository
from daraa.stores.mongo import Mongo

__all__ = ["Offers", "SellableVariant"]


class Offers:
    """Reads what is stored now; nothing is cached, for it decides money."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository = OfferRepository(mongo)
        self._clock = clock

    async def of(self, variant_ids: Collection[str]) -> Mapping[str, SellableVariant]:
        """The variants by id, sellable or not; those that do not exist are left out.

        The caller bounds the number of ids: a cart has at most a hundred.
        """
        ids = sorted(set(variant_ids))
        variants = await self._repository.list_variants(ids) if ids else []
        if not variants:
            return {}
        found = await self._repository.list_products(sorted({variant.product_id for variant in variants}))
        products = {product.id: product for product in found}
        stores = {
            store.id: store
            for store in await self._repository.list_stores(sorted({variant.store_id for variant in variants}))
        }
        now = self._clock.now()
        return {
            variant.id: offer_of(variant, products[variant.product_id], stores[variant.store_id], now)
            for variant in variants
            if variant.product_id in products and variant.store_id in stores
        }
