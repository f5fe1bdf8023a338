"""What the catalog takes and answers over HTTP: strict parameters, and the shapes that the API description shows."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from daraa.kernel.money import INT64_MAX, Money
from daraa.market.catalog.near import NEAR_PATTERN, WIDEST_RADIUS_M

T = TypeVar("T")
Reference = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", examples=["shoes"])
]
Amount = Annotated[int, Field(ge=0, le=INT64_MAX, examples=[150_000])]
Limit = Annotated[int | None, Field(ge=1, le=100, description="Items on the page; 20 when left out.")]
Cursor = Annotated[
    str | None,
    Field(min_length=1, max_length=1024, description="`page.next_cursor` of the page before, with the same filters."),
]
Search = Annotated[
    str | None,
    Field(description="One to eight words, each of which must occur. Arabic spellings are folded: احمد finds أحمد."),
]


Place = Annotated[
    str | None,
    Field(
        pattern=NEAR_PATTERN,
        max_length=30,
        description="`latitude,longitude` in degrees: the nearest first, on one page, each with its distance.",
        examples=["32.6189,36.1021"],
    ),
]
Radius = Annotated[
    int | None, Field(ge=50, le=WIDEST_RADIUS_M, description="How far to look around `near`, in metres; 5000.")
]


class Sort(StrEnum):
    """The order of a product list."""

    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "-price"
    RELEVANCE = "relevance"


class Parameters(BaseModel):
    """Query parameters: an unknown one is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListProducts(Parameters):
    """Which products, in which order."""

    category: Annotated[Reference | None, Field(description="Slug or id of a category; those below it count.")] = None
    store: Annotated[Reference | None, Field(description="Slug or id of a store.")] = None
    q: Search = None
    min_price: Annotated[Amount | None, Field(description="Least price in minor units; needs `sort=price`.")] = None
    max_price: Annotated[Amount | None, Field(description="Highest price in minor units; needs `sort=price`.")] = None
    sort: Annotated[
        Sort | None,
        Field(
            description="`newest` (also when left out), `price` (cheapest first), `-price`; with `q` only `newest`, or "
            "`relevance` where the database has text search: the best matches, on one page."
        ),
    ] = None
    near: Place = None
    radius_m: Radius = None
    limit: Limit = None
    cursor: Cursor = None


class ListStores(Parameters):
    """Which stores, newest first; or those near a place."""

    q: Search = None
    category: Annotated[Reference | None, Field(description="Slug or id of a kind of store.")] = None
    near: Place = None
    radius_m: Radius = None
    limit: Limit = None
    cursor: Cursor = None


class NoParameters(Parameters):
    """For addresses that take none."""


class Page(BaseModel):
    """Where a list goes on."""

    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")
    has_more: bool


class ListOf(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    page: Page


class One(BaseModel, Generic[T]):
    """One thing."""

    data: T


class CategoryNode(BaseModel):
    """A category or kind of store, with what is below it."""

    id: str
    slug: str
    name: str
    description: str | None
    icon: str | None
    image: str | None
    children: list["CategoryNode"]


class StoreName(BaseModel):
    """The store that offers a product."""

    id: str
    slug: str
    name: str


class RatingSummary(BaseModel):
    """Mean of the stars given (1 to 5), null while nobody has."""

    average: float | None
    count: int


class StoreCard(StoreName):
    """A store in a list."""

    description: str | None
    logo: str | None
    rating: RatingSummary
    product_count: int
    created_at: datetime
    updated_at: datetime


class StoreNear(StoreCard):
    """A store near a place."""

    distance_metres: int = Field(description="From `near`, over the ground.")


class Hours(BaseModel):
    """Opening hours of one day (0 is Sunday), in minutes after local midnight."""

    day: int
    opens_minute: int
    closes_minute: int


class StoreDetail(StoreCard):
    """A store on its own page."""

    banner: str | None
    address: str | None
    hours: list[Hours]
    accepts_cash: bool
    return_days: int


class ProductCard(BaseModel):
    """A product in a list. Money is in whole minor units."""

    id: str
    slug: str
    name: str
    brand: str | None
    unit: str
    price_from: Money
    price_to: Money
    in_stock: bool
    rating: RatingSummary
    image: str | None
    category_id: str
    store: StoreName
    created_at: datetime
    updated_at: datetime


class ProductNear(ProductCard):
    """A product of a store near a place."""

    distance_metres: int = Field(description="From `near` to the store, over the ground.")


class AttributeValue(BaseModel):
    """One property of a product."""

    key: str
    value: str
    unit: str | None


class Variant(BaseModel):
    """One sellable form of a product."""

    id: str
    sku: str
    name: str | None
    options: dict[str, str]
    price: Money
    list_price: Money | None
    image: str | None
    weight_grams: int | None


class ProductDetail(ProductCard):
    """A product on its own page."""

    description: str
    category_path: list[str]
    attributes: list[AttributeValue]
    tags: list[str]
    media: list[str]
    variants: list[Variant]
