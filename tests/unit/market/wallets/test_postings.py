"""Every row of the posting table, with the figures of its example; whatever the amounts, each sums to zero."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.wallets import postings
from daraa.market.wallets.movements import journal_of
from daraa.market.wallets.postings import Posting

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORD, PAY, STO, COR, REF = (new_id(prefix) for prefix in ("ord", "pay", "sto", "cor", "ref"))
C, S, K, D = (new_id("wal") for _ in range(4))


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def entries(posting: Posting) -> dict[str, int]:
    return {entry.account: entry.amount.amount for entry in journal_of(posting, None, NOW).entries}


def closing(goods: int = 81, commission: int = 9, courier: int = 8, delivery: int = 2, coupon: int = 0) -> Posting:
    return postings.closed(
        ORD, PAY, store_id=STO, store_wallet=S, goods_share=syp(goods), commission=syp(commission), courier_id=COR,
        courier_wallet=K, courier_share=syp(courier), delivery_share=syp(delivery), platform_coupon=syp(coupon),
    )  # fmt: skip


CLOSED = {f"store_pending:{STO}": 81, "rev_commission": 9, f"courier_earn:{COR}": 8, "rev_delivery": 2}
TABLE = [
    (postings.topped_up("P", "r1", C, syp(100)), "topup:r1", {"gateway:P": -100, f"wallet:{C}": 100}),
    (postings.paid_by_wallet(ORD, PAY, C, syp(100)), f"pay:{ORD}", {f"wallet:{C}": -100, f"escrow:{ORD}": 100}),
    (postings.captured(ORD, PAY, "P", "r2", syp(100)), "capture:r2", {"gateway:P": -100, f"escrow:{ORD}": 100}),
    (
        postings.cash_handed_over(ORD, PAY, COR, syp(105), syp(5)),
        f"cod:{ORD}",
        {f"custody:{COR}": -105, f"escrow:{ORD}": 100, "rounding": 5},
    ),
    (
        postings.cash_handed_over(ORD, PAY, COR, syp(95), syp(-5)),
        f"cod:{ORD}",
        {f"custody:{COR}": -95, f"escrow:{ORD}": 100, "rounding": -5},
    ),
    (postings.remitted("rem", "H", COR, syp(105)), "remit:rem", {"hub_cash:H": -105, f"custody:{COR}": 105}),
    (closing(), f"close:{ORD}", {f"escrow:{ORD}": -100, **CLOSED}),
    (closing(coupon=10), f"close:{ORD}", {f"escrow:{ORD}": -90, "promo_cost": -10, **CLOSED}),
    (
        postings.released(ORD, STO, S, syp(81)),
        f"release:{ORD}",
        {f"store_pending:{STO}": -81, f"wallet:{S}": 81},
    ),
    (
        postings.refunded_before_close(REF, ORD, PAY, syp(100), to_wallet=C),
        f"refund:{REF}",
        {f"escrow:{ORD}": -100, f"wallet:{C}": 100},
    ),
    (
        postings.refunded_before_close(REF, ORD, PAY, syp(100), to_gateway="P"),
        f"refund:{REF}",
        {f"escrow:{ORD}": -100, "gateway:P": 100},
    ),
    (postings.transferred("t", C, D, syp(7)), "transfer:t", {f"wallet:{C}": -7, f"wallet:{D}": 7}),
    (postings.withdrawal_held("w", C, syp(7)), "withdrawal_held:w", {f"wallet:{C}": -7, f"held:{C}": 7}),
    (postings.withdrawal_settled("w", C, syp(7)), "withdrawal_settled:w", {f"held:{C}": -7, "bank": 7}),
    (postings.withdrawal_returned("w", C, syp(7)), "withdrawal_returned:w", {f"held:{C}": -7, f"wallet:{C}": 7}),
]


@pytest.mark.parametrize(("posting", "key", "wanted"), TABLE, ids=[f"{n} {row[1][:12]}" for n, row in enumerate(TABLE)])
def test_each_event_posts_the_entries_of_the_table(posting: Posting, key: str, wanted: dict[str, int]) -> None:
    assert posting.business_key == key
    assert entries(posting) == wanted


AMOUNT = st.integers(0, 10**12)


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_a_closing_sums_to_zero_whatever_the_shares(goods: int, commission: int, courier: int, delivery: int) -> None:
    if goods + commission + courier + delivery:
        assert sum(entries(closing(goods, commission, courier, delivery)).values()) == 0


def test_a_posting_that_does_not_balance_is_a_programming_error() -> None:
    good = postings.transferred("t", C, D, syp(7))
    for sides in (good.sides[:1], (), (good.sides[0], good.sides[0])):
        with pytest.raises(ValueError, match="does not balance"):
            journal_of(Posting(good.kind, good.business_key, "SYP", sides), None, NOW)


def test_a_refund_goes_to_exactly_one_place() -> None:
    for places in ({}, {"to_wallet": C, "to_gateway": "P"}):
        with pytest.raises(ValueError, match="either"):
            postings.refunded_before_close(REF, ORD, PAY, syp(1), **places)


def test_a_couriers_share_needs_a_courier() -> None:
    with pytest.raises(ValueError, match="courier"):
        postings.closed(
            ORD, PAY, store_id=STO, store_wallet=S, goods_share=syp(1), commission=syp(1), delivery_share=syp(1),
            courier_share=syp(1),
        )  # fmt: skip
