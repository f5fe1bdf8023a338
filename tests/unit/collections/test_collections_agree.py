"""The list of collections as a whole: each file is in it, and what contradicts itself cannot be imported."""

from pathlib import Path
from typing import Annotated

import pytest

import daraa.collections
from daraa.collections import ALL, NAMES, by_name, check_together
from daraa.collections.currencies import CURRENCIES
from daraa.collections.orders import ORDERS
from daraa.declare import Access, Collection, Document, Id, Keep, NotCached, Ref
from daraa.kernel.errors import DeclarationError


class Stray(Document):
    acount_id: Annotated[Id, Ref("acounts")]


STRAY = Collection(
    Stray,
    name="strays",
    purpose="Something that refers to a collection which does not exist.",
    prefix="str",
    retention=Keep(because="a test looks at it"),
    cache=NotCached(because="a test looks at it"),
    access=Access(app="find"),
)


def test_every_file_that_declares_a_collection_is_in_the_list() -> None:
    folder = Path(daraa.collections.__file__).parent
    declaring = {
        path.stem for path in folder.glob("*.py") if f"\n{path.stem.upper()} = Collection(" in path.read_text()
    }
    assert declaring == set(NAMES)
    assert [collection.name for collection in ALL] == list(NAMES)


def test_a_prefix_belongs_to_one_collection() -> None:
    with pytest.raises(DeclarationError, match="'ord' belongs to orders"):
        check_together((ORDERS, replace_prefix(CURRENCIES, "ord")))


def test_a_reference_to_no_collection_names_the_nearest_one() -> None:
    with pytest.raises(DeclarationError, match=r"strays.acount_id.*'accounts'"):
        check_together((*ALL, STRAY))


def test_a_name_belongs_to_one_collection() -> None:
    with pytest.raises(DeclarationError, match="two collections have this name"):
        check_together((*ALL, by_name("orders")))


def test_a_misspelt_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(DeclarationError, match="'order_groups'"):
        by_name("order_group")


def replace_prefix(collection: Collection[Document], prefix: str) -> Collection[Document]:
    words = {
        name: getattr(collection, name) for name in ("document", "name", "purpose", "retention", "cache", "access")
    }
    return Collection(**words, prefix=prefix, indexes=collection.indexes)
