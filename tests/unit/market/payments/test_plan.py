"""How a checkout is paid: no unit is lost, whatever is split and rounded."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payments import CashState, PaymentStatus
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.payments.plan import OrderDue, card_allocations, plan, round_cash, tenders

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARD, CASH, WALLET, MIXED = PaymentMethod.CARD, PaymentMethod.CASH, PaymentMethod.WALLET, PaymentMethod.MIXED
DUES = st.lists(st.integers(1, 10_000_000), min_size=1, max_size=12)


def orders(*dues: int) -> list[OrderDue]:
    group, customer = new_id("grp"), new_id("acc")
    return [OrderDue(new_id("ord"), group, customer, new_id("sto"), Money(amount=due, currency="SYP")) for due in dues]


@given(DUES, st.data(), st.sampled_from([1, 5, 7, 500]), st.sampled_from([CASH, CARD]))
def test_a_mixed_payment_takes_exactly_the_wallets_share_and_leaves_exactly_the_rest(
    dues: list[int], data: st.DataObject, step: int, rest: PaymentMethod
) -> None:
    if sum(dues) < 2:
        return
    wallet = data.draw(st.integers(1, sum(dues) - 1))
    split = tenders(dues, MIXED, wallet=wallet, cash_step=step, rest=rest)
    assert sum(each.wallet for each in split) == wallet
    for due, each in zip(dues, split, strict=True):
        assert 0 <= each.wallet <= due
        assert each.total == due + each.rounding
        assert each.cash % step == 0
        assert abs(each.rounding) < step if rest is CASH else each.rounding == 0


@given(DUES, st.sampled_from([CASH, CARD, WALLET]))
def test_one_means_pays_all_of_it(dues: list[int], method: PaymentMethod) -> None:
    split = tenders(dues, method, cash_step=5)
    assert [each.total - each.rounding for each in split] == dues
    assert all(bool(each.rounding) <= (method is CASH) for each in split)


@pytest.mark.parametrize(
    ("due", "rounded"), [(0, 0), (1, 500), (249, 500), (250, 500), (749, 500), (750, 1000), (1000, 1000), (1250, 1500)]
)
def test_cash_is_rounded_half_up_but_never_to_nothing(due: int, rounded: int) -> None:
    assert round_cash(due, 500) == rounded


@pytest.mark.parametrize("wallet", [-1, 0, 300, 301])
def test_a_mixed_payment_needs_both_means(wallet: int) -> None:
    with pytest.raises(DaraaError) as refused:
        tenders([100, 200], MIXED, wallet=wallet)
    assert refused.value.code == "payments.wallet.share"


@given(DUES, st.sampled_from([CASH, CARD, WALLET, MIXED]), st.sampled_from([CASH, CARD]))
def test_the_parts_of_every_planned_payment_sum_to_its_amount(
    dues: list[int], method: PaymentMethod, rest: PaymentMethod
) -> None:
    if method is MIXED and sum(dues) < 2:
        return
    split = tenders(dues, method, wallet=sum(dues) // 2, cash_step=5, rest=rest)
    intent = new_id("pin")
    planned = plan(orders(*dues), split, method, now=NOW, provider="local", intent_id=intent)
    for each, tender in zip(planned, split, strict=True):
        assert sum(part.amount.amount for part in each.parts) == each.amount.amount == tender.total
        assert all(part.amount.amount > 0 for part in each.parts)
        assert each.captured.amount == each.refundable.amount == tender.wallet
        assert (each.status is PaymentStatus.COMPLETED) == (tender.wallet == tender.total) == (each.paid_at is not None)
        assert (each.cash_state is CashState.DUE) == bool(tender.cash)
        assert (each.intent_id == intent) == bool(tender.card)
    shares = card_allocations(planned)
    assert sum(share.amount.amount for share in shares) == sum(tender.card for tender in split)
    assert len({share.ref for share in shares}) == len(shares)


def test_a_payment_of_which_all_went_by_wallet_is_no_mixed_one() -> None:
    made = plan(orders(10), tenders([10], WALLET), MIXED, now=NOW, provider="local")
    assert made[0].method is WALLET


def test_a_card_part_without_an_intent_is_a_programming_error() -> None:
    with pytest.raises(TypeError):
        plan(orders(10), tenders([10], CARD), CARD, now=NOW, provider="local")
