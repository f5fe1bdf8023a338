"""What a delivered order comes to: the shares sum to what was paid, and the platform's two rows say how."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.commissions import CommissionKind, CommissionStatus
from daraa.collections.order_parts import CommissionCopy, OrderLine, OrderTotals, PaymentMethod, StoreName
from daraa.collections.orders import Order
from daraa.collections.parts import AddressCopy
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.wallets import postings
from daraa.market.wallets.movements import journal_of
from daraa.market.wallets.settling import commissions_for, shares_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RULE = new_id("crl")


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def agreed(base: int, amount: int, bp: int = 1000) -> CommissionCopy:
    return CommissionCopy(rule_id=RULE, rate_basis_points=bp, base=syp(base), amount=syp(amount))


def an_order(lines: list[tuple[int, int]], fee: int, share: int | None, **more: Any) -> Order:
    """With lines of (total, commission), a delivery fee and the platform's share of it."""
    goods = sum(total for total, _ in lines)
    name = Localized(ar="سلعة", en="Thing")
    items = tuple(
        OrderLine(
            id=new_id("lin"), product_id=new_id("prd"), variant_id=new_id("var"), name=name, sku="S", quantity=1,
            unit_price=syp(total), total=syp(total), commission=agreed(total, taken),
        )
        for total, taken in lines
    )  # fmt: skip
    totals = OrderTotals(
        goods=syp(goods),
        discount=syp(0),
        delivery=syp(fee),
        tax=syp(0),
        cash_rounding=syp(3),
        total=syp(goods + fee + 3),
    )
    return Order(
        id=new_id("ord"), order_number="A1", group_id=new_id("grp"), customer_id=new_id("acc"), store_id=new_id("sto"),
        store=StoreName(name=name, slug="s"), payment_method=PaymentMethod.CASH, items=items, totals=totals,
        totals_hash="h", delivery_commission=None if share is None else agreed(fee, share, 2000),
        delivery_address=AddressCopy(recipient="R", phone="+963933123456", city="Daraa"), due_at=NOW, **stamp(NOW),
        **more,
    )  # fmt: skip


def test_the_rows_say_what_was_taken_and_when_it_is_earned() -> None:
    order = an_order([(60, 6), (30, 3)], fee=10, share=2, return_days=3, courier_id=new_id("cor"))
    journal = new_id("jrn")
    goods, delivery = commissions_for(order, journal_id=journal, delivered_at=NOW)
    assert (goods.kind, goods.base, goods.amount, goods.rate_bp) == (CommissionKind.PLATFORM, syp(90), syp(9), 1000)
    assert (delivery.kind, delivery.base, delivery.amount, delivery.rate_bp) == (
        CommissionKind.DELIVERY, syp(10), syp(2), 2000,
    )  # fmt: skip
    for row in (goods, delivery):
        assert (row.order_id, row.store_id, row.courier_id) == (order.id, order.store_id, order.courier_id)
        assert (row.status, row.journal_id, row.rule_id) == (CommissionStatus.ACCRUED, journal, RULE)
        assert row.due_at == NOW + timedelta(days=3)
    assert goods.id != delivery.id


def test_a_fee_of_which_nothing_was_agreed_is_the_couriers() -> None:
    order = an_order([(90, 9)], fee=10, share=None)
    assert (shares_of(order).courier, shares_of(order).delivery) == (syp(10), syp(0))
    _, delivery = commissions_for(order, journal_id=new_id("jrn"), delivered_at=NOW)
    assert (delivery.amount, delivery.rule_id, delivery.rate_bp) == (syp(0), None, 0)


MONEY = st.integers(1, 10**9)


@given(st.lists(st.tuples(MONEY, st.integers(0, 10_000)), min_size=1, max_size=5), MONEY, st.integers(0, 10_000))
def test_the_shares_are_what_escrow_holds_to_the_last_unit(lines: list[tuple[int, int]], fee: int, bp: int) -> None:
    order = an_order([(total, total * part // 10_000) for total, part in lines], fee, fee * bp // 10_000)
    shares = shares_of(order)
    whole = order.totals.total.amount - order.totals.cash_rounding.amount
    assert shares.store.amount + shares.commission.amount + shares.courier.amount + shares.delivery.amount == whole
    closing = postings.closed(
        order.id, new_id("pay"), store_id=order.store_id, store_wallet=new_id("wal"), goods_share=shares.store,
        commission=shares.commission, delivery_share=shares.delivery, courier_id=new_id("cor"),
        courier_wallet=new_id("wal"), courier_share=shares.courier,
    )  # fmt: skip
    assert journal_of(closing, None, NOW).entries[0].amount == syp(-whole)
