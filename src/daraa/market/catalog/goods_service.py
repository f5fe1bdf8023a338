"""A store's products: made as drafts, changed, published, taken back; found by nobody else's store."""

from datetime import datetime
from typing import Any

from daraa.collections.categories import Category
from daraa.collections.price_histories import PriceHistory
from daraa.collections.product_variants import ProductVariant, Sale, VariantStatus
from daraa.collections.products import Attribute, Product, ProductStatus
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.catalog import errors
from daraa.market.catalog.figure_service import Figures, copy_of
from daraa.market.catalog.goods import (
    MOVES,
    attribute_problem,
    figures,
    path_of,
    price_problem,
    search_fields,
    slug_for,
)
from daraa.market.catalog.goods_repository import GoodsRepository, SurroundingsRepository
from daraa.market.catalog.seller_schemas import CreateProduct, CreateVariant, PatchProduct
from daraa.market.found import After, required
from daraa.market.http import version_stale
from daraa.market.patching import changed_fields
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session

RIGHT = "product:write"
SEARCHED = frozenset({"name", "brand", "tags", "category_id"})
Stocked = tuple[Product, list[ProductVariant]]


class Goods:
    """Products with their variants. Reading is open to every member, changing needs `product:write`."""

    def __init__(self, mongo: Mongo, shown: Figures, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._figures, self._audit, self._clock = mongo, shown, audit, clock
        self._goods = GoodsRepository(mongo)
        self._around = SurroundingsRepository(mongo)

    async def create(self, scope: StoreScope, actor: Actor, wanted: CreateProduct) -> Stocked:
        """A draft with its first variants; `catalog.slug.taken`, `catalog.sku.taken`, `catalog.category.unfit`."""
        scope.require(RIGHT)
        product_id = new_id("prd")
        slug = wanted.slug or slug_for(wanted.name.en, product_id)

        async def work(session: Session) -> Stocked:
            now = self._clock.now()
            category = await self._category(wanted.category_id, session)
            fields = _stored({name: getattr(wanted, name) for name in PatchProduct.model_fields if name != "status"})
            _check_attributes(category, fields["attributes"], complete=False)
            variants = [new_variant(scope.store_id, product_id, each, now) for each in wanted.variants]
            await self._check_currency(variants, session)
            store = required(await self._around.find_store(scope.store_id, session=session), "store")
            search = search_fields(fields["name"], fields["brand"], fields["tags"], category)
            product = Product(
                id=product_id,
                store_id=scope.store_id,
                slug=slug,
                category_path=path_of(category),
                store=copy_of(store),
                **fields,
                **search,
                **figures(variants, ()),
                **stamp(now),
            )
            await self._goods.insert_product(product, session=session)
            await self._goods.insert_variants(variants, session=session)
            await self._goods.insert_prices(
                [price_row(each, actor.id, None, now) for each in variants], session=session
            )
            after = {"slug": slug, "store_id": scope.store_id, "skus": [each.sku for each in variants]}
            await self._audit.record(session, actor, "product.create", "product", product_id, after=after)
            return product, variants

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            if "sku" in error.details.get("index", ""):
                raise errors.sku_taken(" or ".join(each.sku for each in wanted.variants)) from error
            raise errors.slug_taken(slug) from error

    async def get(self, scope: StoreScope, product_id: str) -> Stocked:
        """A product of the store with all its variants; a foreign one is missing."""
        product = await self._own(scope, product_id)
        return product, await self._goods.list_variants(product_id)

    async def list_of_state(
        self, scope: StoreScope, status: ProductStatus, *, limit: int, after: After = None
    ) -> list[Product]:
        """The store's products of a state, newest first."""
        return await self._goods.list_products(scope, status, limit=limit, after=after)

    async def patch(
        self, scope: StoreScope, actor: Actor, product_id: str, version: int, wanted: PatchProduct
    ) -> Stocked:
        """Change a product. Publishing needs a variant on offer and what the category requires."""
        scope.require(RIGHT)
        return await self._change(scope, actor, product_id, version, _stored(wanted.given()), "product.change")

    async def retire(self, scope: StoreScope, actor: Actor, product_id: str) -> None:
        """Take a product off the shelves for good or for now; orders still refer to it. Once more does nothing."""
        scope.require(RIGHT)
        product = await self._own(scope, product_id)
        if product.status is not ProductStatus.INACTIVE:
            fields = {"status": ProductStatus.INACTIVE}
            await self._change(scope, actor, product_id, None, fields, "product.retire")

    async def _change(
        self,
        scope: StoreScope,
        actor: Actor,
        product_id: str,
        version: int | None,
        given: dict[str, Any],
        action: str,
    ) -> Stocked:
        async def work(session: Session) -> Stocked:
            now = self._clock.now()
            before = await self._own(scope, product_id, session)
            if version is not None and before.ver != version:
                raise version_stale()
            draft = before.model_copy(update=given)
            variants = await self._goods.list_variants(product_id, session=session)
            fields = given | await self._checked(before, draft, variants, set(given), session)
            after = await self._figures.renew(session, before, fields, now)
            was, is_now = changed_fields(before, after, given)
            await self._audit.record(session, actor, action, "product", product_id, before=was, after=is_now)
            return after, variants

        return await self._mongo.in_transaction(work)

    async def _checked(
        self, before: Product, draft: Product, variants: list[ProductVariant], given: set[str], session: Session
    ) -> dict[str, Any]:
        """The fields that follow from the change; refuses what the rules do not allow."""
        publishing = draft.status is ProductStatus.ACTIVE and before.status is not ProductStatus.ACTIVE
        if draft.status is not before.status and draft.status not in MOVES[before.status]:
            raise _wrong_state(f"A product that is {before.status.value} cannot become {draft.status.value}.")
        if publishing and not any(each.status is VariantStatus.ACTIVE for each in variants):
            raise _wrong_state("A product without a variant on offer cannot be published.")
        if not (publishing or given & (SEARCHED | {"attributes"})):
            return {}
        in_use = publishing or "category_id" in given
        category = await self._category(draft.category_id, session, in_use=in_use)
        _check_attributes(category, draft.attributes, complete=draft.status is ProductStatus.ACTIVE)
        return {
            "category_path": path_of(category),
            **search_fields(draft.name, draft.brand, draft.tags, category),
        }

    async def _own(self, scope: StoreScope, product_id: str, session: Session | None = None) -> Product:
        product = await self._goods.find_product(product_id, session=session)
        return required(product if product is not None and product.store_id == scope.store_id else None, "product")

    async def _category(self, category_id: str, session: Session, *, in_use: bool = True) -> Category:
        category = await self._around.find_category(category_id, session=session)
        if category is None or (in_use and not category.is_active):
            raise DaraaError(
                errors.CATEGORY_UNFIT,
                "There is no such category in use.",
                hint="GET /v1/categories lists them.",
                ar="اختر التصنيف من GET /v1/categories.",
            )
        return category

    async def _check_currency(self, variants: list[ProductVariant], session: Session) -> None:
        code = variants[0].price.currency
        currency = await self._around.find_currency(code, session=session)
        if currency is None or not currency.is_active:
            raise currency_unfit(f"There is no currency {code} in use.")
        for variant in variants:
            check_variant(variant, code)


def new_variant(store_id: str, product_id: str, wanted: CreateVariant, now: datetime) -> ProductVariant:
    """The document of a new variant, on offer at once."""
    fields = stored_variant({name: getattr(wanted, name) for name in type(wanted).model_fields})
    return ProductVariant(id=new_id("var"), product_id=product_id, store_id=store_id, **fields, **stamp(now))


def stored_variant(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request as the document keeps them."""
    fields = dict(given)
    if fields.get("name") is not None:
        fields["name"] = fields["name"].localized()
    for name in ("price", "list_price"):
        if fields.get(name) is not None:
            fields[name] = fields[name].money()
    if fields.get("sale") is not None:
        sale = fields["sale"]
        fields["sale"] = Sale(price=sale.price.money(), starts_at=sale.starts_at, ends_at=sale.ends_at)
    return fields


def price_row(variant: ProductVariant, changed_by: str, reason: str | None, now: datetime) -> PriceHistory:
    """What the variant costs from now on."""
    return PriceHistory(
        id=new_id("prh"),
        variant_id=variant.id,
        store_id=variant.store_id,
        price=variant.price,
        list_price=variant.list_price,
        sale_price=variant.sale.price if variant.sale else None,
        changed_by=changed_by,
        reason=reason,
        **stamp(now),
    )


def check_variant(variant: ProductVariant, currency: str) -> None:
    """Refuse prices that contradict each other or are in another currency than the product's."""
    if variant.price.currency != currency:
        raise currency_unfit(f"All variants of a product are priced in one currency, here {currency}.")
    if problem := price_problem(variant):
        raise DaraaError(
            errors.PRICE_UNFIT, f"{problem}.", hint="Mend the prices of the variant.", sku=variant.sku,
            ar="راجع السعر والسعر الأصلي وسعر التخفيض ومدته.",
        )  # fmt: skip


def currency_unfit(problem: str) -> DaraaError:
    """A price in a currency that cannot be used here."""
    return DaraaError(errors.CURRENCY_UNFIT, problem, hint="Use the market's currency.", ar="استخدم عملة السوق.")


def _wrong_state(problem: str) -> DaraaError:
    return DaraaError(
        errors.PRODUCT_STATE, problem, hint="Read the product again.", ar="حالة المنتج لا تسمح بهذا التغيير."
    )


def _check_attributes(category: Category, attributes: tuple[Attribute, ...], *, complete: bool) -> None:
    if problem := attribute_problem(category.attribute_set, attributes, complete=complete):
        raise DaraaError(
            errors.ATTRIBUTE_UNFIT,
            f"The attribute {problem[0]!r} {problem[1]}.",
            hint="The category says which attributes its products carry.",
            attribute=problem[0],
            ar=f"راجع الخاصية {problem[0]} كما يطلبها التصنيف.",
        )


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request as the document keeps them."""
    fields = dict(given)
    for name in ("name", "description"):
        if fields.get(name) is not None:
            fields[name] = fields[name].localized()
    if fields.get("attributes") is not None:
        fields["attributes"] = tuple(Attribute(**each.model_dump()) for each in fields["attributes"])
    for name in ("tags", "media"):
        if fields.get(name) is not None:
            fields[name] = tuple(dict.fromkeys(fields[name]))
    return fields
