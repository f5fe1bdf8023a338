"""What a provider's word does to an intent: forward only, no money overlooked, nothing odd believed."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daraa.collections.payment_intents import IntentPurpose, IntentStatus, PaymentIntent
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.payments.ranks import Effect, Report, judge

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
S = IntentStatus
SUM = Money(amount=1_000, currency="SYP")
FORWARD = {
    (S.CREATED, S.PROCESSING), (S.CREATED, S.CAPTURED), (S.CREATED, S.FAILED), (S.CREATED, S.EXPIRED),
    (S.PROCESSING, S.CAPTURED), (S.PROCESSING, S.FAILED), (S.PROCESSING, S.EXPIRED),
    (S.FAILED, S.CAPTURED), (S.EXPIRED, S.CAPTURED),
}  # fmt: skip


def an_intent(status: IntentStatus, **more: Any) -> PaymentIntent:
    return PaymentIntent(
        id=new_id("pin"), purpose=IntentPurpose.TOPUP, target_id=new_id("wal"), customer_id=new_id("acc"), amount=SUM,
        provider="local", provider_ref="ch_1", status=status, expires_at=NOW, **stamp(NOW), **more,
    )  # fmt: skip


def a_report(status: IntentStatus, **more: Any) -> Report:
    return Report(**{"provider": "local", "provider_ref": "ch_1", "status": status, "amount": SUM, **more})


@pytest.mark.parametrize(("before", "said"), list(itertools.product(S, S)))
def test_an_intent_moves_along_exactly_these_ways(before: IntentStatus, said: IntentStatus) -> None:
    effect = judge(an_intent(before), a_report(said)).effect
    assert (effect is Effect.MOVE) == ((before, said) in FORWARD)


@pytest.mark.parametrize("order", list(itertools.permutations([S.PROCESSING, S.FAILED, S.CAPTURED])))
def test_in_whatever_order_the_words_come_captured_money_ends_up_captured(order: tuple[IntentStatus, ...]) -> None:
    intent = an_intent(S.CREATED)
    for said in order:
        if judge(intent, a_report(said)).effect is Effect.MOVE:
            intent = intent.model_copy(update={"status": said})
    assert intent.status is S.CAPTURED


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Money(amount=999, currency="SYP")},
        {"amount": Money(amount=1_000, currency="USD")},
        {"provider_ref": "ch_2"},
        {"provider_ref": None},
        {"provider": "other"},
    ],
)
def test_another_sum_charge_or_provider_is_parked_wherever_the_intent_stands(
    status: IntentStatus, wrong: dict[str, Any]
) -> None:
    verdict = judge(an_intent(status), a_report(S.CAPTURED, **wrong))
    assert verdict.effect is Effect.PARK
    assert verdict.why


@pytest.mark.parametrize(
    ("at", "effect"),
    [(NOW + timedelta(seconds=1), Effect.PARK), (NOW - timedelta(seconds=1), Effect.NOTHING), (None, Effect.PARK)],
)
def test_a_failure_that_happened_after_the_capture_is_parked_and_an_overtaken_one_is_not(
    at: datetime | None, effect: Effect
) -> None:
    assert judge(an_intent(S.CAPTURED, captured_at=NOW), a_report(S.FAILED, at=at)).effect is effect
