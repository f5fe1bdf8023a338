"""Answers are built straight from stored documents; here they are held against the published schemas."""

from typing import Any

import pytest
from pydantic import BaseModel

from daraa.market.catalog import answers
from daraa.market.catalog.schemas import (
    CategoryNode,
    ProductCard,
    ProductDetail,
    StoreCard,
    StoreDetail,
)
from daraa.stores.mongo.codec import encode
from factories.catalog import a_category, a_kind, a_product, a_store, a_variant

STORE = a_store("ahmad")
CATEGORY = a_category("shoes")
FULL = a_product(STORE, CATEGORY, brand="Nile", tags=("new",))
BARE = a_product(STORE, CATEGORY, brand=None, media=(), attributes=())
VARIANTS = [encode(a_variant(FULL, image="v.jpg", weight_grams=5)), encode(a_variant(FULL))]


def exactly(model: type[BaseModel], answer: dict[str, Any]) -> None:
    """The answer fits the schema and has every field of it and no other."""
    model.model_validate(answer, extra="forbid")
    assert set(answer) == set(model.model_fields)


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("product", [FULL, BARE])
def test_products_fit_their_schemas(product: Any, language: Any) -> None:
    exactly(ProductCard, answers.product_card(encode(product), language))
    exactly(ProductDetail, answers.product_detail(encode(product), VARIANTS, language))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_stores_and_categories_fit_their_schemas(language: Any) -> None:
    exactly(StoreCard, answers.store_card(encode(STORE), language))
    exactly(StoreDetail, answers.store_detail(encode(STORE), language))
    exactly(CategoryNode, answers.category_node(encode(CATEGORY), language))
    exactly(CategoryNode, answers.category_node(encode(a_kind("x")), language))


def test_a_category_below_a_hidden_one_is_not_in_the_tree() -> None:
    hidden = a_category("hidden")
    below = a_category("below", parent=hidden)
    deeper = a_category("deeper", parent=below)
    rows = [encode(each) for each in (CATEGORY, below, deeper)]
    assert [root["slug"] for root in answers.category_tree(rows, "ar")] == ["shoes"]


def test_a_text_missing_in_one_language_is_shown_in_the_other() -> None:
    assert answers.in_language({"ar": "", "en": "x"}, "ar") == "x"
    assert answers.in_language({"ar": "", "en": ""}, "ar") is None
    assert answers.in_language(None, "en") is None


def test_nobody_has_rated_is_not_zero_stars() -> None:
    assert answers.rating({"sum": 0, "count": 0}) == {"average": None, "count": 0}
