"""Money never loses a minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.money import Money, allocate

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@given(st.integers(0, 10**15), weights)
def test_parts_sum_to_the_whole_and_stay_within_one_unit_of_their_share(total: int, parts: list[int]) -> None:
    shares = allocate(total, parts)
    assert sum(shares) == total
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share * sum(parts) - total * weight) < sum(parts)


def test_a_part_without_weight_gets_nothing() -> None:
    assert allocate(100, [0, 1, 0]) == [0, 100, 0]


@pytest.mark.parametrize("parts", [[], [0, 0], [1, -1]])
def test_senseless_weights_are_refused(parts: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(1, parts)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="SYP and USD"):
        Money(amount=1, currency="SYP") + Money(amount=1, currency="USD")


@pytest.mark.parametrize("amount", [1.0, "1", True, 2**63])
def test_an_amount_is_a_whole_number_that_the_database_can_hold(amount: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Money(amount=amount, currency="SYP")  # type: ignore[arg-type]
