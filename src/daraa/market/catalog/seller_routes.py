"""A store's goods over HTTP, for those who work in it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from daraa.collections.price_histories import PriceHistory
from daraa.collections.products import Product
from daraa.kernel.errors import DaraaError
from daraa.market.catalog import errors
from daraa.market.catalog.goods_service import Goods
from daraa.market.catalog.seller_answers import own_card, own_product, own_variant, price
from daraa.market.catalog.seller_schemas import (
    CreateProduct,
    CreateVariant,
    FindVariants,
    ListGoods,
    OwnProduct,
    OwnProductCard,
    OwnVariant,
    PatchProduct,
    PatchVariant,
    PriceOut,
)
from daraa.market.catalog.variant_service import Variants
from daraa.market.http import IdPath, IfMatch, InStore, ListOf, One, SignedIn, answer, provided, version_of
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1/seller/stores/{store_id}", tags=["seller: goods"])
GoodsService = Annotated[Goods, Depends(provided(Goods))]
VariantService = Annotated[Variants, Depends(provided(Variants))]
PageCutter = Annotated[Pages, Depends(provided(Pages))]
WHOLE = {"next_cursor": None, "has_more": False}


@router.post("/products", status_code=201, response_model=One[OwnProduct], summary="Make a product")
async def create_product(wanted: CreateProduct, scope: InStore, actor: SignedIn, goods: GoodsService) -> Response:
    """A draft with its first variants; publish it by changing its status to `active`."""
    product, variants = await goods.create(scope, actor, wanted)
    location = f"/v1/seller/stores/{scope.store_id}/products/{product.id}"
    return answer({"data": own_product(product, variants)}, 201, version=product.ver, location=location)


@router.get("/products", response_model=ListOf[OwnProductCard], summary="The store's products of a state")
async def list_own_products(
    wanted: Annotated[ListGoods, Query()], scope: InStore, goods: GoodsService, pages: PageCutter
) -> Response:
    """Newest first; the active ones when no status is given."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Product]:
        return await goods.list_of_state(scope, wanted.status, limit=limit, after=after)

    identity = {"list": "seller.products", "of": scope.store_id, "status": wanted.status.value}
    return answer(await pages.cut(wanted, identity, read, lambda product: (product.id,), own_card))


@router.get("/products/{product_id}", response_model=One[OwnProduct], summary="One product, whatever its state")
async def get_own_product(product_id: IdPath, scope: InStore, goods: GoodsService) -> Response:
    """With all its variants."""
    product, variants = await goods.get(scope, product_id)
    return answer({"data": own_product(product, variants)}, version=product.ver)


@router.patch("/products/{product_id}", response_model=One[OwnProduct], summary="Change or publish a product")
async def patch_product(
    wanted: PatchProduct,
    product_id: IdPath,
    scope: InStore,
    actor: SignedIn,
    goods: GoodsService,
    if_match: IfMatch = None,
) -> Response:
    """A merge patch; needs `product:write` and If-Match."""
    product, variants = await goods.patch(scope, actor, product_id, version_of(if_match), wanted)
    return answer({"data": own_product(product, variants)}, version=product.ver)


@router.delete("/products/{product_id}", status_code=204, summary="Take a product off the shelves")
async def retire_product(product_id: IdPath, scope: InStore, actor: SignedIn, goods: GoodsService) -> Response:
    """It becomes inactive: orders still refer to it."""
    await goods.retire(scope, actor, product_id)
    return Response(status_code=204)


@router.post(
    "/products/{product_id}/variants", status_code=201, response_model=One[OwnVariant], summary="Add a variant"
)
async def create_variant(
    wanted: CreateVariant, product_id: IdPath, scope: InStore, actor: SignedIn, variants: VariantService
) -> Response:
    """On offer at once where its product is."""
    made = await variants.add(scope, actor, product_id, wanted)
    location = f"/v1/seller/stores/{scope.store_id}/products/{product_id}/variants/{made.id}"
    return answer({"data": own_variant(made)}, 201, version=made.ver, location=location)


@router.get("/products/{product_id}/variants/{variant_id}", response_model=One[OwnVariant], summary="One variant")
async def get_variant(product_id: IdPath, variant_id: IdPath, scope: InStore, variants: VariantService) -> Response:
    """On offer or not."""
    found = await variants.get(scope, product_id, variant_id)
    return answer({"data": own_variant(found)}, version=found.ver)


@router.patch(
    "/products/{product_id}/variants/{variant_id}", response_model=One[OwnVariant], summary="Change a variant"
)
async def patch_variant(
    wanted: PatchVariant,
    product_id: IdPath,
    variant_id: IdPath,
    scope: InStore,
    actor: SignedIn,
    variants: VariantService,
    if_match: IfMatch = None,
) -> Response:
    """A merge patch; needs `product:write` and If-Match. A new price is remembered."""
    after = await variants.patch(scope, actor, product_id, variant_id, version_of(if_match), wanted)
    return answer({"data": own_variant(after)}, version=after.ver)


@router.delete("/products/{product_id}/variants/{variant_id}", status_code=204, summary="Offer a variant no longer")
async def retire_variant(
    product_id: IdPath, variant_id: IdPath, scope: InStore, actor: SignedIn, variants: VariantService
) -> Response:
    """It becomes inactive; the last one of an active product stays."""
    await variants.retire(scope, actor, product_id, variant_id)
    return Response(status_code=204)


@router.get(
    "/products/{product_id}/variants/{variant_id}/prices", response_model=ListOf[PriceOut], summary="What it cost"
)
async def list_prices(
    wanted: Annotated[PageParameters, Query()],
    product_id: IdPath,
    variant_id: IdPath,
    scope: InStore,
    variants: VariantService,
    pages: PageCutter,
) -> Response:
    """Every price the variant had, newest first."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[PriceHistory]:
        return await variants.list_prices(scope, product_id, variant_id, limit=limit, after=after)

    identity = {"list": "seller.prices", "of": variant_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), price))


@router.get("/variants", response_model=ListOf[OwnVariant], summary="Find variants by sku or barcode")
async def find_variants(wanted: Annotated[FindVariants, Query()], scope: InStore, variants: VariantService) -> Response:
    """Exactly one of the two; all on one page."""
    if (wanted.sku is None) == (wanted.barcode is None):
        raise DaraaError(
            errors.FILTER_SINGLE,
            "Give either sku or barcode.",
            hint="Leave the other out.",
            ar="أرسل sku أو barcode وحده.",
        )
    found = await variants.find(scope, sku=wanted.sku, barcode=wanted.barcode)
    return answer({"data": [own_variant(each) for each in found], "page": WHOLE})
