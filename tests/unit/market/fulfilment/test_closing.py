"""What a delivery posts: it balances, empties the escrow, and gives everybody what was agreed."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.order_parts import CommissionCopy, OrderLine, OrderTotals, PaymentMethod
from daraa.collections.orders import Order
from daraa.collections.payments import Payment, PaymentPart
from daraa.declare import Localized
from daraa.kernel.ids import new_id
from daraa.market.fulfilment.closing import cash_due, closing_postings
from daraa.market.wallets.settling import shares_of
from factories.delivery import syp


def an_order(goods: int, commission: int, fee: int, platform: int, rounding: int) -> Order:
    """Only what closing looks at; nothing else of an order is read."""

    def share(amount: int, base: int) -> CommissionCopy:
        return CommissionCopy(rule_id=new_id("crl"), rate_basis_points=1, base=syp(base), amount=syp(amount))

    line = OrderLine(
        id=new_id("oli"), product_id=new_id("prd"), variant_id=new_id("var"), name=Localized(ar="خبز", en="Bread"),
        sku="B", unit_price=syp(goods), quantity=1, total=syp(goods), commission=share(commission, goods),
    )  # fmt: skip
    totals = OrderTotals(
        goods=syp(goods), discount=syp(0), delivery=syp(fee), tax=syp(0), cash_rounding=syp(rounding),
        total=syp(goods + fee + rounding),
    )  # fmt: skip
    return Order.model_construct(
        id=new_id("ord"), store_id=new_id("sto"), items=(line,), totals=totals, delivery_commission=share(platform, fee)
    )


def a_payment(order: Order, wallet: int) -> Payment:
    cash = order.totals.total.amount - wallet
    parts = [(PaymentMethod.WALLET, wallet), (PaymentMethod.CASH, cash)]
    return Payment.model_construct(
        id=new_id("pay"),
        amount=order.totals.total,
        parts=tuple(PaymentPart(method=method, amount=syp(amount)) for method, amount in parts if amount),
    )


def posted(order: Order, payment: Payment) -> tuple[list[Any], Counter[str]]:
    postings = closing_postings(
        order, payment, shares_of(order), courier_id="cor", store_wallet="wal_s", courier_wallet="wal_c"
    )
    sums: Counter[str] = Counter()
    for posting in postings:
        assert sum(side.amount for side in posting.sides) == 0
        for side in posting.sides:
            sums[side.account.partition(":")[0]] += side.amount
    return postings, sums


@given(
    goods=st.integers(1, 10**9),
    commission_bp=st.integers(0, 10_000),
    fee=st.integers(0, 10**6),
    platform_bp=st.integers(0, 10_000),
    rounding=st.integers(-250, 250),
    wallet_share=st.integers(0, 99),
)
def test_whatever_was_agreed_the_escrow_is_empty_afterwards(
    goods: int, commission_bp: int, fee: int, platform_bp: int, rounding: int, wallet_share: int
) -> None:
    commission, platform = goods * commission_bp // 10_000, fee * platform_bp // 10_000
    order = an_order(goods, commission, fee, platform, max(rounding, 1 - goods))
    wallet = (goods + fee) * wallet_share // 100
    payment = a_payment(order, min(wallet, order.totals.total.amount - 1))
    _, sums = posted(order, payment)
    paid_before = order.totals.total.amount - (cash_due(payment) or syp(0)).amount
    assert sums["escrow"] == -paid_before
    assert sums["custody"] == -(cash_due(payment) or syp(0)).amount
    assert sums["rounding"] == order.totals.cash_rounding.amount
    assert sums["store_pending"] == goods - commission
    assert sums["courier_earn"] == fee - platform
    assert (sums["rev_commission"], sums["rev_delivery"]) == (commission, platform)


def test_the_example_of_the_posting_table() -> None:
    order = an_order(90, 9, 10, 2, 5)
    postings, sums = posted(order, a_payment(order, 0))
    assert [posting.business_key for posting in postings] == [f"cod:{order.id}", f"close:{order.id}"]
    assert sums == Counter(
        {
            "custody": -105, "escrow": 0, "rounding": 5, "store_pending": 81, "promo_cost": 0,
            "rev_commission": 9, "courier_earn": 8, "rev_delivery": 2,
        }
    )  # fmt: skip


def test_an_order_that_was_paid_before_moves_no_cash() -> None:
    order = an_order(90, 9, 10, 2, 0)
    payment = a_payment(order, 100)
    assert cash_due(payment) is None
    postings, _ = posted(order, payment)
    assert [posting.business_key for posting in postings] == [f"close:{order.id}"]
