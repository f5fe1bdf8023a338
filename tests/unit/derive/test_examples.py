"""Sample documents follow the shape alone, are deterministic, and differ where a unique index needs it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections import ALL
from daraa.declare import Collection
from daraa.derive.examples import invalid_documents, valid_document
from daraa.derive.indexes import index_plan
from daraa.derive.matching_text import matching_text
from daraa.kernel.ids import is_id
from daraa.stores.mongo.codec import decode, encode

EVERY = pytest.mark.parametrize("collection", ALL, ids=lambda each: each.name)


def look(document: Any, path: str) -> str:
    for name in path.split("."):
        document = document[0] if isinstance(document, list) else document
        document = document[name]
    return str(document)


@EVERY
@pytest.mark.parametrize("seed", [0, 1, 9_999])
def test_a_valid_example_is_what_the_model_reads_and_writes(collection: Collection[Any], seed: int) -> None:
    document = valid_document(collection, seed)
    assert valid_document(collection, seed) == document
    assert encode(decode(collection.document, document)).keys() == document.keys()
    assert not collection.prefix or is_id(document["_id"], collection.prefix)


@EVERY
def test_examples_do_not_collide_in_unique_indexes(collection: Collection[Any]) -> None:
    documents = [valid_document(collection, seed) for seed in range(200)]
    for spec in index_plan(collection):
        if spec.options.get("unique"):
            values = {tuple(look(document, path) for path, _ in spec.keys) for document in documents}
            assert len(values) == len(documents), spec.name


@EVERY
def test_every_kind_of_fault_is_named_and_made(collection: Collection[Any]) -> None:
    faults = invalid_documents(collection)
    reasons = {why.split(": ")[-1] for why, _ in faults}
    assert {"unknown field", "required and missing", "required and null", "below the minimum", "no string"} <= reasons
    assert len({why for why, _ in faults}) == len(faults)


@given(seed=st.integers(min_value=0, max_value=10**9))
@pytest.mark.parametrize(
    "pattern",
    [r"^\+[1-9][0-9]{6,14}$", r"^[a-z0-9]+(-[a-z0-9]+)*$", r"^[A-Z]{3}$", r"^https://", r"^(draft|live)_\d\w?.$"],
)
def test_a_made_text_matches_its_pattern(pattern: str, seed: int) -> None:
    assert re.search(pattern, matching_text(pattern, seed))


def test_made_texts_differ_while_the_pattern_has_room() -> None:
    assert len({matching_text("^[A-Z]{3}$", seed) for seed in range(26**3)}) == 26**3


def test_a_pattern_that_no_sample_can_be_made_for_is_refused() -> None:
    with pytest.raises(ValueError, match="not understood"):
        matching_text(r"^(?=a)b$", 1)
