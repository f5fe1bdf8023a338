"""Keeps what a product shows of its variants and their stock true: price range, number of variants, in stock or not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.products import Product, ProductStatus, StoreCopy
from daraa.collections.store_owner_profiles import StoreOwnerProfile, StoreStatus
from daraa.market.catalog.goods import figures, is_in_stock
from daraa.market.catalog.goods_repository import GoodsRepository, SurroundingsRepository
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.patching import update_of
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session


def copy_of(store: StoreOwnerProfile) -> StoreCopy:
    """What a product carries of its store."""
    return StoreCopy(name=store.name, slug=store.slug, open=store.status is StoreStatus.APPROVED)


class Figures:
    """Writes the computed fields of products."""

    def __init__(self, mongo: Mongo) -> None:
        self._goods = GoodsRepository(mongo)
        self._around = SurroundingsRepository(mongo)

    async def renew(self, session: Session, product: Product, fields: Mapping[str, Any], now: datetime) -> Product:
        """Write `fields` to a product together with all that is computed, in the transaction that changes its goods.

        The product is written even where nothing computed differs: that is what makes two changes of two variants
        meet in one document, so that neither computes a price range without the other's price.
        """
        variants = await self._goods.list_variants(product.id, session=session)
        stock = await self._around.list_stock([each.id for each in variants], session=session)
        store = required(await self._around.find_store(product.store_id, session=session), "store")
        written = {**fields, **figures(variants, stock), "store": copy_of(store)}
        update = update_of(written, now)
        after = await self._goods.change_product({"id": product.id, "ver": product.ver}, update, session=session)
        if after is None:
            raise version_stale()
        await self._count(session, product.status, after, now)
        return after

    async def show_stock(self, session: Session, product_id: str, now: datetime) -> bool:
        """Set a product's `in_stock` by its stock, in the caller's transaction; True when that changed.

        For lists and filters only: nobody decides a purchase on it.
        """
        variants = await self._goods.list_variants(product_id, session=session)
        stock = await self._around.list_stock([each.id for each in variants], session=session) if variants else []
        found = is_in_stock(variants, stock)
        guard = {"id": product_id, "in_stock": not found}
        update = update_of({"in_stock": found}, now)
        return await self._goods.change_product(guard, update, session=session) is not None

    async def _count(self, session: Session, before: ProductStatus, after: Product, now: datetime) -> None:
        """Keep the store's number of active products: for people, so one that has drifted stops nobody."""
        step = (after.status is ProductStatus.ACTIVE) - (before is ProductStatus.ACTIVE)
        if step:
            update = update_of({}, now, product_count=step)
            await self._around.add_to_product_count(after.store_id, update, least=max(0, -step), session=session)
