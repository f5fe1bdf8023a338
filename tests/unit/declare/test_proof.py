"""A proof that could write, or that compares rows in no known order, cannot be declared."""

import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.declare import Proof, Rows
from daraa.kernel.errors import DeclarationError

SORTED = ({"$sort": {"_id": 1}},)


@pytest.mark.parametrize("stage", [{"$out": "elsewhere"}, {"$merge": {"into": "elsewhere"}}])
def test_rows_refuse_a_pipeline_that_writes(stage: dict[str, object]) -> None:
    with pytest.raises(DeclarationError, match="writes"):
        Rows(JOURNALS, (stage,))


def test_two_sides_must_both_be_sorted_by_id() -> None:
    with pytest.raises(DeclarationError, match="wallet_transactions come in no known order"):
        Proof(
            name="money.agrees",
            purpose="Both sides say the same.",
            finds=Rows(JOURNALS, SORTED),
            against=Rows(WALLET_TRANSACTIONS, ()),
        )


def test_one_side_needs_no_order() -> None:
    assert Proof(name="money.right", purpose="There are no wrong rows.", finds=Rows(JOURNALS, ())).against is None


def test_a_purpose_is_a_sentence() -> None:
    with pytest.raises(DeclarationError, match="not a sentence"):
        Proof(name="money.right", purpose="no wrong rows", finds=Rows(JOURNALS, ()))
