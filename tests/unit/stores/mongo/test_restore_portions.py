"""A chunk is given to the driver in portions, so that a restore's memory does not depend on what the driver copies."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from daraa.stores.mongo.restore_commands import PORTION_BYTES, in_portions

SIZES = st.lists(st.integers(1, PORTION_BYTES * 3 // 2), max_size=12)


@given(SIZES)
def test_every_document_is_in_one_portion_and_none_is_too_large_unless_a_document_is(sizes: list[int]) -> None:
    documents = [bytes([number]) * size for number, size in enumerate(sizes)]
    portions = [list(each) for each in in_portions(documents)]
    assert [each for portion in portions for each in portion] == documents
    assert all(portion for portion in portions)
    assert all(sum(map(len, portion)) <= PORTION_BYTES or len(portion) == 1 for portion in portions)


@given(SIZES)
def test_no_portion_is_cut_before_it_is_full(sizes: list[int]) -> None:
    portions = [list(each) for each in in_portions([b"x" * size for size in sizes])]
    for portion, following in pairwise(portions):
        assert sum(map(len, portion)) + len(following[0]) > PORTION_BYTES
