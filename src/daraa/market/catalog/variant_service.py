"""The variants of a store's products: added, priced, taken off; every price they ever had is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from daraa.collections.price_histories import PriceHistory
from daraa.collections.product_variants import ProductVariant, VariantStatus
from daraa.collections.products import Product, ProductStatus
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.catalog import errors
from daraa.market.catalog.figure_service import Figures
from daraa.market.catalog.goods import PRICED
from daraa.market.catalog.goods_repository import MOST_VARIANTS, GoodsRepository
from daraa.market.catalog.goods_service import RIGHT, check_variant, new_variant, price_row, stored_variant
from daraa.market.catalog.seller_schemas import CreateVariant, PatchVariant
from daraa.market.found import After, required
from daraa.market.http import version_stale
from daraa.market.patching import changed_fields, update_of
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session


class Variants:
    """Every change of a variant renews its product in the same transaction."""

    def __init__(self, mongo: Mongo, shown: Figures, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._figures, self._audit, self._clock = mongo, shown, audit, clock
        self._goods = GoodsRepository(mongo)

    async def add(self, scope: StoreScope, actor: Actor, product_id: str, wanted: CreateVariant) -> ProductVariant:
        """One more variant; `catalog.sku.taken`, `catalog.variants.many`, `catalog.currency.unfit`."""
        scope.require(RIGHT)

        async def work(session: Session) -> ProductVariant:
            now = self._clock.now()
            product = await self._product(scope, product_id, session)
            if len(await self._goods.list_variants(product_id, session=session)) >= MOST_VARIANTS:
                raise DaraaError(
                    errors.VARIANTS_MANY,
                    f"A product has at most {MOST_VARIANTS} variants.",
                    hint="Make another product.",
                    ar=f"للمنتج {MOST_VARIANTS} نوع على الأكثر.",
                )
            variant = new_variant(scope.store_id, product_id, wanted, now)
            check_variant(variant, product.price_from.currency)
            await self._goods.insert_variants([variant], session=session)
            await self._goods.insert_prices([price_row(variant, actor.id, None, now)], session=session)
            await self._figures.renew(session, product, {}, now)
            after = {"sku": variant.sku, "product_id": product_id, "price": variant.price.model_dump()}
            await self._audit.record(session, actor, "variant.create", "variant", variant.id, after=after)
            return variant

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.sku_taken(wanted.sku) from error
            raise

    async def patch(
        self, scope: StoreScope, actor: Actor, product_id: str, variant_id: str, version: int, wanted: PatchVariant
    ) -> ProductVariant:
        """Change a variant; a changed price is remembered with its reason."""
        scope.require(RIGHT)
        given = stored_variant({name: value for name, value in wanted.given().items() if name != "reason"})
        return await self._change(scope, actor, (product_id, variant_id), version, given, wanted.reason)

    async def retire(self, scope: StoreScope, actor: Actor, product_id: str, variant_id: str) -> None:
        """Offer a variant no longer; orders and stock still refer to it. Once more does nothing."""
        scope.require(RIGHT)
        variant = await self.get(scope, product_id, variant_id)
        if variant.status is VariantStatus.ACTIVE:
            fields = {"status": VariantStatus.INACTIVE}
            await self._change(scope, actor, (product_id, variant_id), None, fields, None)

    async def get(
        self, scope: StoreScope, product_id: str, variant_id: str, session: Session | None = None
    ) -> ProductVariant:
        """A variant of that product of the store; any other is missing."""
        found = await self._goods.find_variant(variant_id, session=session)
        mine = found is not None and found.store_id == scope.store_id and found.product_id == product_id
        return required(found if mine else None, "variant")

    async def find(self, scope: StoreScope, *, sku: str | None, barcode: str | None) -> Sequence[ProductVariant]:
        """The store's variants with that sku, or with that barcode."""
        if barcode is not None:
            return await self._goods.list_variants_by_barcode(scope, barcode, limit=MOST_VARIANTS)
        found = await self._goods.find_variant_by_sku(scope, sku or "")
        return [found] if found is not None else []

    async def list_prices(
        self, scope: StoreScope, product_id: str, variant_id: str, *, limit: int, after: After = None
    ) -> list[PriceHistory]:
        """What the variant cost, newest first."""
        await self.get(scope, product_id, variant_id)
        return await self._goods.list_prices(scope, variant_id, limit=limit, after=after)

    async def _change(
        self,
        scope: StoreScope,
        actor: Actor,
        ids: tuple[str, str],
        version: int | None,
        given: Mapping[str, Any],
        reason: str | None,
    ) -> ProductVariant:
        async def work(session: Session) -> ProductVariant:
            now = self._clock.now()
            product = await self._product(scope, ids[0], session)
            before = await self.get(scope, *ids, session)
            if version is not None and before.ver != version:
                raise version_stale()
            draft = before.model_copy(update=given)
            check_variant(draft, product.price_from.currency)
            if before.status is VariantStatus.ACTIVE and draft.status is not VariantStatus.ACTIVE:
                await self._check_others(product, before, session)
            guard = {"id": before.id, "ver": before.ver}
            after = await self._goods.change_variant(guard, update_of(given, now), session=session)
            if after is None:
                raise version_stale()
            if any(getattr(before, name) != getattr(after, name) for name in PRICED):
                await self._goods.insert_prices([price_row(after, actor.id, reason, now)], session=session)
            await self._figures.renew(session, product, {}, now)
            was, is_now = changed_fields(before, after, given)
            await self._audit.record(
                session, actor, "variant.change", "variant", before.id, before=was, after=is_now, reason=reason
            )
            return after

        return await self._mongo.in_transaction(work)

    async def _check_others(self, product: Product, leaving: ProductVariant, session: Session) -> None:
        """An active product keeps a variant on offer."""
        if product.status is not ProductStatus.ACTIVE:
            return
        variants = await self._goods.list_variants(product.id, session=session)
        if not any(each.status is VariantStatus.ACTIVE and each.id != leaving.id for each in variants):
            raise DaraaError(
                errors.VARIANT_LAST,
                "It is the last variant on offer of an active product.",
                hint="Take the product back first, or offer another variant.",
                ar="أوقف المنتج أولا أو اعرض نوعا آخر.",
            )

    async def _product(self, scope: StoreScope, product_id: str, session: Session) -> Product:
        found = await self._goods.find_product(product_id, session=session)
        return required(found if found is not None and found.store_id == scope.store_id else None, "product")
