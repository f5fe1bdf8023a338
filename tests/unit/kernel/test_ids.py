"""Ids are ordered by time, well formed, and reproducible from the same entropy."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daraa.kernel.ids import id_at, is_id, new_id

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
entropies = st.binary(min_size=10, max_size=10)


@given(moments, entropies, entropies)
@example(datetime(2004, 6, 1, tzinfo=UTC), b"\xff" * 10, b"\x00" * 10)  # as floats, both are of one millisecond
def test_a_later_id_sorts_after_an_earlier_one(when: datetime, one: bytes, other: bytes) -> None:
    assert id_at("ord", when, one) < id_at("ord", when + timedelta(milliseconds=1), other)


@given(moments, entropies)
def test_the_same_moment_and_entropy_give_the_same_well_formed_id(when: datetime, entropy: bytes) -> None:
    made = id_at("ord", when, entropy)
    assert made == id_at("ord", when, entropy)
    assert is_id(made, "ord")
    assert not is_id(made, "prd")


def test_fresh_ids_differ() -> None:
    assert len({new_id("ord") for _ in range(1000)}) == 1000


def test_fresh_ids_sort_as_they_were_made_within_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count(1_796_000_000_123_000_000, 1000)
    monkeypatch.setattr("daraa.kernel.ids.time.time_ns", lambda: next(ticks))
    made = [new_id("aud") for _ in range(3000)]
    assert made == sorted(made)
    assert {each[4:17] for each in made[:1000]} == {made[0][4:17]}, "they are of one millisecond"
    assert all(is_id(each, "aud") for each in made)


def test_a_fresh_id_has_the_time_of_its_making() -> None:
    before = datetime.now(UTC)
    made = int(new_id("ord")[4:17].replace("-", ""), 16)
    assert before.timestamp() * 1000 - 1 <= made <= datetime.now(UTC).timestamp() * 1000


@pytest.mark.parametrize(
    "text",
    ["", "ord_", "ord_123", "ORD_01890000-0000-7000-8000-000000000000", "ord_01890000-0000-7000-8000-000000000000\n"],
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


def test_entropy_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        id_at("ord", datetime.now(UTC), b"short")
