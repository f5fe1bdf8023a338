"""A town whose admins may do what these tests need, and kinds of stores to choose from."""

import pytest

from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from factories.catalog import a_kind
from factories.market import Town


@pytest.fixture(scope="module")
async def kind(town: Town) -> StoreCategory:
    made = a_kind("bakery")
    await town.put(STORE_CATEGORIES, made)
    return made
