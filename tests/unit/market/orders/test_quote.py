"""Quotes add up to the last unit, however a cart is paid, and refuse what cannot be bought or paid like this."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.formulas import totals_seal
from daraa.collections.order_parts import PaymentMethod
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.market.orders.quote import Wanted, Way, goods_of, make_quote, split
from factories.quotes import an_offer, quoted, some_delivery, syp, tenth

CASH, WALLET = Way(PaymentMethod.CASH), Way(PaymentMethod.WALLET)


@given(
    lines=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**9), st.integers(1, 999)), min_size=1, max_size=12),
    fee=st.integers(0, 10**6),
    step=st.sampled_from([1, 5, 100, 500, 2_500]),
    share=st.floats(0, 1),
    rest=st.sampled_from([PaymentMethod.CASH, PaymentMethod.CARD]),
    method=st.sampled_from([PaymentMethod.CASH, PaymentMethod.WALLET, PaymentMethod.CARD, PaymentMethod.MIXED]),
)
def test_every_part_sums_to_its_whole(
    lines: list[tuple[int, int, int]],
    fee: int,
    step: int,
    share: float,
    rest: PaymentMethod,
    method: PaymentMethod,
) -> None:
    stores = [new_id("sto") for _ in range(4)]
    offers = [an_offer(stores[place], price) for place, price, _ in lines]
    counts = [count for _, _, count in lines]
    due = sum(price * count for _, price, count in lines) + fee * len({place for place, _, _ in lines})
    mixed = method is PaymentMethod.MIXED
    wallet = max(1, min(due - 1, int(due * share))) if mixed else 0
    if mixed and not 0 < wallet < due:
        return
    quote = quoted(offers, counts, Way(method, wallet, rest if mixed else PaymentMethod.CASH), fee, step)
    for order in quote.orders:
        totals, tender = order.totals, order.tender
        assert sum(line.total.amount for line in order.lines) == totals.goods.amount
        assert totals.goods + totals.delivery + totals.cash_rounding == totals.total
        assert tender.total == totals.total.amount
        assert min(tender.wallet, tender.card, tender.cash) >= 0
        assert tender.cash % step == 0
        assert abs(totals.cash_rounding.amount) <= step
        assert order.due.amount == totals.goods.amount + fee
    assert sum(order.totals.total.amount for order in quote.orders) == quote.totals.total.amount
    assert quote.by_wallet + quote.by_card + quote.by_cash == quote.totals.total.amount
    if mixed:
        assert quote.by_wallet == wallet


def test_a_line_explains_its_total_and_a_price_that_moved() -> None:
    offer = an_offer(new_id("sto"), 700)
    wanted = [Wanted(offer.variant_id, 3, syp(600))]
    stores = split(wanted, {offer.variant_id: offer})
    deliveries = {offer.store_id: some_delivery(0)}
    quote = make_quote(stores, {offer.variant_id: offer}, deliveries, tenth, tenth, WALLET, 1)
    assert quote.orders[0].lines[0].explanation == [
        {"step": "price_changed", "was": syp(600).model_dump(), "now": syp(700).model_dump()},
        {"step": "unit_price", "amount": syp(700).model_dump()},
        {"step": "times_quantity", "quantity": 3, "amount": syp(2_100).model_dump()},
    ]
    assert [change["variant_id"] for change in quote.changes()] == [offer.variant_id]


def test_commission_is_taken_on_goods_and_on_the_fee() -> None:
    order = quoted([an_offer(new_id("sto"), 1_000)], [2], fee=500).orders[0]
    assert order.lines[0].commission.amount == syp(200)
    assert order.delivery_commission.amount == syp(50)


def test_what_is_not_for_sale_is_named_with_its_reason() -> None:
    shut = an_offer(new_id("sto"), sellable=False, reason="store_not_approved")
    gone = Wanted(new_id("var"), 1, syp(1))
    with pytest.raises(DaraaError, match="cannot be bought") as raised:
        split([Wanted(shut.variant_id, 1, syp(1)), gone], {shut.variant_id: shut})
    assert raised.value.details["lines"] == [
        {"variant_id": shut.variant_id, "reason": "store_not_approved"},
        {"variant_id": gone.variant_id, "reason": "variant_missing"},
    ]


def test_one_checkout_takes_one_currency() -> None:
    store = new_id("sto")
    with pytest.raises(DaraaError) as raised:
        quoted([an_offer(store), an_offer(store, unit_price=syp(1, "USD"))], [1, 1])
    assert raised.value.code == "orders.currency.mixed"


def test_a_sum_beyond_sense_is_refused_before_it_overflows() -> None:
    offers = [an_offer(new_id("sto"), 9 * 10**15) for _ in range(100)]
    by_id = {offer.variant_id: offer for offer in offers}
    stores = split([Wanted(offer.variant_id, 999, offer.unit_price) for offer in offers], by_id)
    with pytest.raises(DaraaError) as raised:
        goods_of(stores, by_id)
    assert raised.value.code == "orders.total.high"


@pytest.mark.parametrize(
    ("words", "way", "reason"),
    [
        ({"accepts_cash": False}, CASH, "no_cash"),
        ({"cash_limit": syp(1_499)}, CASH, "above_limit"),
        ({"cash_limit": syp(999)}, Way(PaymentMethod.MIXED, 300), "above_limit"),
        ({"cash_limit": syp(1_500)}, CASH, None),
        ({"cash_limit": syp(1, "USD")}, CASH, None),
        ({"accepts_cash": False}, WALLET, None),
        ({"accepts_cash": False}, Way(PaymentMethod.MIXED, 300, PaymentMethod.CARD), None),
    ],
)
def test_a_store_says_how_much_cash_it_takes(words: dict[str, Any], way: Way, reason: str | None) -> None:
    offers = [an_offer(new_id("sto"), 1_000, **words)]
    if reason is None:
        assert quoted(offers, [1], way).orders
        return
    with pytest.raises(DaraaError) as raised:
        quoted(offers, [1], way)
    assert [each["reason"] for each in raised.value.details["stores"]] == [reason]


def test_the_seal_changes_with_every_amount_and_with_the_order() -> None:
    totals = quoted([an_offer(new_id("sto"))], [1]).totals
    seals = {totals_seal("ord_1", totals), totals_seal("ord_2", totals)}
    for name in type(totals).model_fields:
        other = totals.model_copy(update={name: getattr(totals, name) + syp(1)})
        seals.add(totals_seal("ord_1", other))
    assert len(seals) == 2 + len(type(totals).model_fields)
