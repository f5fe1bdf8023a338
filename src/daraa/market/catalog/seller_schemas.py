"""What a store's goods look like in requests and answers of those behind its counter."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator

from daraa.collections.product_variants import VariantStatus
from daraa.collections.products import ProductStatus, ProductUnit
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.time import to_milliseconds
from daraa.market.http import Input, MoneyIn, MoneyOut, Parameters
from daraa.market.paging import PageParameters
from daraa.market.patching import Patch
from daraa.market.texts import MediaKey, NameIn, ParagraphsIn, Reason, SlugIn, Word

EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _sane(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("must be between 2020 and 2100")
    return to_milliseconds(moment)


MomentIn = Annotated[AwareDatetime, AfterValidator(_sane)]
IdIn = Annotated[str, Field(pattern=ID_PATTERN)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["color"])]
Sku = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", examples=["HON-500"])]
Barcode = Annotated[str, Field(min_length=4, max_length=32, pattern=r"^[A-Za-z0-9-]+$")]
Grams = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Tags = Annotated[list[Word], Field(max_length=20)]
Media = Annotated[list[MediaKey], Field(max_length=12)]
Options = Annotated[dict[Key, Word], Field(max_length=5)]


class AttributeIn(Input):
    """One property: key, value, unit."""

    k: Key
    v: Annotated[Word, Field(max_length=80)]
    u: Annotated[Word, Field(max_length=20)] | None = None


def _distinct(attributes: list[AttributeIn]) -> list[AttributeIn]:
    if len({each.k for each in attributes}) < len(attributes):
        raise ValueError("an attribute comes twice")
    return attributes


Attributes = Annotated[list[AttributeIn], Field(max_length=40), AfterValidator(_distinct)]


class SaleIn(Input):
    """A lower price for a time."""

    price: MoneyIn
    starts_at: MomentIn
    ends_at: MomentIn


class CreateVariant(Input):
    """One sellable form of a product."""

    sku: Sku
    barcode: Barcode | None = None
    name: NameIn | None = None
    options: Options = Field(default_factory=dict)
    price: MoneyIn
    list_price: MoneyIn | None = None
    sale: SaleIn | None = None
    weight_grams: Grams | None = None
    image: MediaKey | None = None


class CreateProduct(Input):
    """A new product, a draft, with its first variants."""

    slug: SlugIn | None = None
    category_id: IdIn
    name: NameIn
    description: ParagraphsIn
    brand: Word | None = None
    unit: ProductUnit = ProductUnit.PIECE
    tags: Tags = Field(default_factory=list)
    attributes: Attributes = Field(default_factory=list)
    media: Media = Field(default_factory=list)
    variants: Annotated[list[CreateVariant], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _skus_differ(self) -> Self:
        if len({each.sku for each in self.variants}) < len(self.variants):
            raise ValueError("two variants have the same sku")
        return self


class PatchProduct(Patch):
    """Changes of a product; `status` publishes it or takes it back."""

    clearable: ClassVar[frozenset[str]] = frozenset({"brand"})

    category_id: IdIn | None = None
    name: NameIn | None = None
    description: ParagraphsIn | None = None
    brand: Word | None = None
    unit: ProductUnit | None = None
    tags: Tags | None = None
    attributes: Attributes | None = None
    media: Media | None = None
    status: ProductStatus | None = None


class PatchVariant(Patch):
    """Changes of a variant; `reason` goes into the history of its prices."""

    clearable: ClassVar[frozenset[str]] = frozenset(
        {"barcode", "name", "list_price", "sale", "weight_grams", "image", "reason"}
    )

    barcode: Barcode | None = None
    name: NameIn | None = None
    options: Options | None = None
    price: MoneyIn | None = None
    list_price: MoneyIn | None = None
    sale: SaleIn | None = None
    weight_grams: Grams | None = None
    image: MediaKey | None = None
    status: VariantStatus | None = None
    reason: Reason | None = None


class ListGoods(PageParameters):
    """Which of the store's products."""

    status: Annotated[ProductStatus, Field(description="The state they are in.")] = ProductStatus.ACTIVE


class FindVariants(Parameters):
    """Exactly one of the two."""

    sku: Annotated[Sku | None, Field(description="The variant with exactly this sku.")] = None
    barcode: Annotated[Barcode | None, Field(description="Variants with exactly this barcode.")] = None


class LocalizedOut(BaseModel):
    """A text in both languages."""

    ar: str
    en: str


class AttributeOut(BaseModel):
    """One property."""

    k: str
    v: str
    u: str | None


class SaleOut(BaseModel):
    """A lower price for a time."""

    price: MoneyOut
    starts_at: datetime
    ends_at: datetime


class OwnVariant(BaseModel):
    """A variant as its store sees it."""

    id: str
    version: int
    product_id: str
    sku: str
    barcode: str | None
    name: LocalizedOut | None
    options: dict[str, str]
    price: MoneyOut
    list_price: MoneyOut | None
    sale: SaleOut | None
    weight_grams: int | None
    image: str | None
    status: VariantStatus
    created_at: datetime
    updated_at: datetime


class OwnProductCard(BaseModel):
    """A product in its store's list."""

    id: str
    version: int
    slug: str
    status: ProductStatus
    name: LocalizedOut
    category_id: str
    price_from: MoneyOut
    price_to: MoneyOut
    variant_count: int
    in_stock: bool
    image: str | None
    updated_at: datetime


class OwnProduct(OwnProductCard):
    """A product as its store sees it."""

    category_path: list[str]
    description: LocalizedOut
    brand: str | None
    unit: ProductUnit
    tags: list[str]
    attributes: list[AttributeOut]
    media: list[str]
    variants: list[OwnVariant]
    created_at: datetime


class PriceOut(BaseModel):
    """What a variant cost from that moment on."""

    id: str
    price: MoneyOut
    list_price: MoneyOut | None
    sale_price: MoneyOut | None
    changed_by: str
    reason: str | None
    created_at: datetime
