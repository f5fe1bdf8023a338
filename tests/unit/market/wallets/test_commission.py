"""Which rule a sale falls under, and what it takes to the last unit."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.commission_rules import CommissionRule, RuleScope
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import id_at, new_id
from daraa.kernel.money import Money
from daraa.market.wallets.commission import copy_of, freeze, freeze_delivery, pick, rate_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
_COUNT = itertools.count(1)
STORE, KIND = new_id("sto"), new_id("sct")


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def rule(scope: RuleScope = RuleScope.GLOBAL, scope_id: str | None = None, **more: Any) -> CommissionRule:
    fields = {"rank": 10, "platform_bp": 1000, "valid_from": NOW - timedelta(days=1), **more}
    name = Localized(ar="قاعدة", en="Rule")
    number = next(_COUNT)
    key = id_at("crl", NOW + timedelta(milliseconds=number), number.to_bytes(10, "big"))
    return CommissionRule(id=key, name=name, scope=scope, scope_id=scope_id, **stamp(NOW), **fields)


def picked(*rules: CommissionRule) -> CommissionRule:
    return pick(rules, STORE, (new_id("sct"), KIND), NOW)


def test_a_stores_own_rule_comes_first_whatever_its_rank() -> None:
    own, kind = rule(RuleScope.STORE, STORE, rank=99), rule(RuleScope.STORE_CATEGORY, KIND, rank=5)
    assert picked(rule(rank=0), kind, own) is own
    assert picked(rule(rank=0), kind) is kind


def test_within_a_scope_the_lower_rank_and_then_the_older_rule_comes_first() -> None:
    old, new, low = rule(rank=5), rule(rank=5), rule(rank=9)
    assert picked(low, new, old) is old


def test_rules_of_other_stores_and_kinds_are_not_asked() -> None:
    general = rule()
    assert (
        picked(rule(RuleScope.STORE, new_id("sto")), rule(RuleScope.STORE_CATEGORY, new_id("sct")), general) is general
    )


@pytest.mark.parametrize(
    "more",
    [
        {"is_active": False},
        {"valid_from": NOW + timedelta(milliseconds=1)},
        {"valid_until": NOW},
        {"valid_until": NOW - timedelta(days=1), "valid_from": NOW - timedelta(days=2)},
    ],
)
def test_a_rule_outside_its_window_is_not_asked(more: dict[str, Any]) -> None:
    general = rule(rank=50)
    assert picked(rule(rank=1, **more), general) is general
    with pytest.raises(DaraaError) as caught:
        picked(rule(**more))
    assert caught.value.code == "wallets.rules.missing"


def test_a_rule_is_in_force_from_its_first_moment_to_just_before_its_last() -> None:
    only = rule(valid_from=NOW, valid_until=NOW + timedelta(milliseconds=1))
    assert picked(only) is only


@pytest.mark.parametrize(
    ("amount", "bp", "taken"),
    [(0, 1000, 0), (100, 1000, 10), (5, 1000, 1), (4, 1000, 0), (15, 1000, 2), (1, 10_000, 1), (33_333, 750, 2500)],
)
def test_a_rate_is_rounded_half_up_to_whole_units(amount: int, bp: int, taken: int) -> None:
    assert rate_of(amount, bp) == taken


def test_bounds_raise_and_lower_what_is_taken_but_never_beyond_the_line() -> None:
    bounded = rule(least=syp(50), most=syp(200))
    assert [copy_of(bounded, syp(base)).amount.amount for base in (10, 100, 1000, 5000)] == [10, 50, 100, 200]


def test_bounds_in_another_currency_do_not_count() -> None:
    euros = {"least": Money(amount=50, currency="EUR"), "most": Money(amount=60, currency="EUR")}
    assert copy_of(rule(**euros), syp(100)).amount == syp(10)


def test_the_copy_names_rule_rate_and_base() -> None:
    only = rule(platform_bp=777)
    copy = freeze([only], STORE, (), syp(1000), NOW)
    assert (copy.rule_id, copy.rate_basis_points, copy.base, copy.amount) == (only.id, 777, syp(1000), syp(78))


def test_the_delivery_fee_is_shared_by_the_rule_that_its_lines_fall_under() -> None:
    own = rule(RuleScope.STORE, STORE, platform_bp=500, delivery_bp=2000)
    copy = freeze_delivery([rule(delivery_bp=9000), own], STORE, (), syp(1005), NOW)
    assert (copy.rule_id, copy.rate_basis_points, copy.amount) == (own.id, 2000, syp(201))


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_commission_is_never_negative_and_never_more_than_the_line(base: int, bp: int, low: int, high: int) -> None:
    bounded = rule(platform_bp=bp, least=syp(min(low, high)), most=syp(max(low, high)))
    assert 0 <= copy_of(bounded, syp(base)).amount.amount <= base
