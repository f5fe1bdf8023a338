"""The catalog over HTTP; every answer is built by the service, here are only addresses and their descriptions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from daraa.kernel.languages import Language
from daraa.market.catalog.schemas import (
    CategoryNode,
    ListOf,
    ListProducts,
    ListStores,
    NoParameters,
    One,
    ProductCard,
    ProductDetail,
    ProductNear,
    StoreCard,
    StoreDetail,
    StoreNear,
)
from daraa.market.catalog.service import Catalog

router = APIRouter(prefix="/v1", tags=["catalog"])


# Asynchronous although they wait for nothing: FastAPI sends plain functions to a thread, at ten times their cost.
async def _catalog(request: Request) -> Catalog:
    catalog: Catalog = request.app.state.catalog
    return catalog


async def _language(request: Request) -> Language:
    """The edge has read Accept-Language and announces the same language in Content-Language."""
    language: Language = request.state.language
    return language


Service = Annotated[Catalog, Depends(_catalog)]
Spoken = Annotated[Language, Depends(_language)]
Nothing = Annotated[NoParameters, Query()]
Key = Annotated[str, Path(max_length=120, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", description="Slug or id.")]


def _answer(body: dict[str, Any]) -> Response:
    """Written by pydantic's own serializer: a model in between would cost as much as the rest of the request."""
    return Response(to_json(body), media_type="application/json")


@router.get("/categories", response_model=One[list[CategoryNode]], summary="The category tree")
async def list_categories(_: Nothing, catalog: Service, language: Spoken) -> Response:
    """All active categories as a tree, in the order that the market chose."""
    return _answer(await catalog.categories(language))


@router.get("/categories/{key}", response_model=One[CategoryNode], summary="One category and its children")
async def get_category(key: Key, _: Nothing, catalog: Service, language: Spoken) -> Response:
    """By slug or id, with the categories directly below it."""
    return _answer(await catalog.category(key, language))


@router.get("/store-categories", response_model=One[list[CategoryNode]], summary="The kinds of stores")
async def list_store_categories(_: Nothing, catalog: Service, language: Spoken) -> Response:
    """All kinds of stores as a tree."""
    return _answer(await catalog.store_kinds(language))


@router.get("/store-categories/{key}", response_model=One[CategoryNode], summary="One kind of store")
async def get_store_category(key: Key, _: Nothing, catalog: Service, language: Spoken) -> Response:
    """By slug or id, with the kinds directly below it."""
    return _answer(await catalog.store_kind(key, language))


@router.get("/stores", response_model=ListOf[StoreCard | StoreNear], summary="Approved stores, newest first")
async def list_stores(wanted: Annotated[ListStores, Query()], catalog: Service, language: Spoken) -> Response:
    """All of them, those of a kind, those whose texts hold the words of `q`, or those near a place."""
    return _answer(await catalog.stores(wanted, language))


@router.get("/stores/{key}", response_model=One[StoreDetail], summary="One store")
async def get_store(key: Key, _: Nothing, catalog: Service, language: Spoken) -> Response:
    """By slug or id; 404 unless it is approved."""
    return _answer(await catalog.store(key, language))


@router.get("/products", response_model=ListOf[ProductCard | ProductNear], summary="Products on offer")
async def list_products(wanted: Annotated[ListProducts, Query()], catalog: Service, language: Spoken) -> Response:
    """Filtered by category, store, price; by age or price; searched; or near a place. Follow `page.next_cursor`."""
    return _answer(await catalog.products(wanted, language))


@router.get("/products/{key}", response_model=One[ProductDetail], summary="One product with its variants")
async def get_product(key: Key, _: Nothing, catalog: Service, language: Spoken) -> Response:
    """By slug or id; 404 unless it is on offer in an open store."""
    return _answer(await catalog.product(key, language))
