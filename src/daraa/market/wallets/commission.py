"""Which rule a sale falls under and what it takes, in whole minor units; pure, so that checkout can seal the result."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from daraa.collections.commission_rules import CommissionRule, RuleScope
from daraa.collections.order_parts import CommissionCopy
from daraa.kernel.money import Money
from daraa.market.wallets.errors import rules_missing

WHOLE_BP = 10_000


def freeze(
    rules: Iterable[CommissionRule], store_id: str, store_category_ids: Sequence[str], base: Money, now: datetime
) -> CommissionCopy:
    """The commission on one order line, sealed: `base` is the line's total after discounts.

    `wallets.rules.missing` when no rule applies.
    """
    return copy_of(pick(rules, store_id, store_category_ids, now), base)


def freeze_delivery(
    rules: Iterable[CommissionRule], store_id: str, store_category_ids: Sequence[str], fee: Money, now: datetime
) -> CommissionCopy:
    """The platform's share of an order's delivery fee by the same rule as its lines; the rest is the courier's."""
    rule = pick(rules, store_id, store_category_ids, now)
    share = Money(amount=rate_of(fee.amount, rule.delivery_bp), currency=fee.currency)
    return CommissionCopy(rule_id=rule.id, rate_basis_points=rule.delivery_bp, base=fee, amount=share)


def pick(
    rules: Iterable[CommissionRule], store_id: str, store_category_ids: Sequence[str], now: datetime
) -> CommissionRule:
    """The rule of the store, else of one of its categories, else the general one; within each the lowest rank.

    A rule is in force from `valid_from` on and before `valid_until`. `wallets.rules.missing` when none is.
    """
    valid = sorted((each for each in rules if in_force(each, now)), key=lambda each: (each.rank, each.id))
    wanted = (
        (RuleScope.STORE, frozenset((store_id,))),
        (RuleScope.STORE_CATEGORY, frozenset(store_category_ids)),
        (RuleScope.GLOBAL, frozenset((None,))),
    )
    for scope, ids in wanted:
        for rule in valid:
            if rule.scope is scope and rule.scope_id in ids:
                return rule
    raise rules_missing()


def in_force(rule: CommissionRule, now: datetime) -> bool:
    """True while the rule is switched on and inside its window."""
    return rule.is_active and rule.valid_from <= now and (rule.valid_until is None or now < rule.valid_until)


def copy_of(rule: CommissionRule, base: Money) -> CommissionCopy:
    """What the rule takes of `base`: its rate, then at least `least`, at most `most`, and never more than `base`.

    Bounds count for each line and only in their own currency.
    """
    amount = rate_of(base.amount, rule.platform_bp)
    if rule.least is not None and rule.least.currency == base.currency:
        amount = max(amount, rule.least.amount)
    if rule.most is not None and rule.most.currency == base.currency:
        amount = min(amount, rule.most.amount)
    amount = min(amount, base.amount)
    taken = Money(amount=amount, currency=base.currency)
    return CommissionCopy(rule_id=rule.id, rate_basis_points=rule.platform_bp, base=base, amount=taken)


def rate_of(amount: int, basis_points: int) -> int:
    """`amount` times the rate, rounded half up to whole minor units; `amount` is not negative."""
    if amount < 0:
        raise ValueError("a rate is taken of zero or more")
    return (amount * basis_points + WHOLE_BP // 2) // WHOLE_BP
