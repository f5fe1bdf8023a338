"""Who is asked next, and what answers make of the offers; and PINs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daraa.collections.courier_profiles import CourierProfile, Vehicle, VehicleKind
from daraa.collections.delivery_tasks import DeliveryTask, Offer, OfferAnswer
from daraa.declare.document import stamp
from daraa.kernel.ids import id_at, new_id
from daraa.kernel.money import Money
from daraa.market.delivery.offering import MOST_OFFERS, answered, choose, may_hold, with_offer
from daraa.market.delivery.pin import Pins
from factories.delivery import syp

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_courier(**more: Any) -> CourierProfile:
    fields = {"cash_held": syp(0), "cash_limit": syp(100_000), "vehicle": Vehicle(kind=VehicleKind.CAR), **more}
    return CourierProfile(id=new_id("cor"), account_id=new_id("acc"), **stamp(NOW), **fields)


def a_task(*offers: tuple[CourierProfile, OfferAnswer], cash: Money | None = None) -> DeliveryTask:
    made = tuple(Offer(courier_id=courier.id, offered_at=NOW, answer=answer) for courier, answer in offers)
    ids = {"order_id": new_id("ord"), "store_id": new_id("sto"), "zone_id": new_id("dzn")}
    return DeliveryTask(id=new_id("tsk"), offers=made, cod_due=cash, **ids, **stamp(NOW))


def test_the_first_of_those_who_are_ready_is_asked() -> None:
    one, two = a_courier(), a_courier()
    assert choose(a_task(), [one, two]) == one
    assert choose(a_task(), []) is None


def test_who_declined_is_never_asked_again() -> None:
    one, two = a_courier(), a_courier()
    task = a_task((one, OfferAnswer.DECLINED))
    assert choose(task, [one, two]) == two
    assert choose(task, [one]) is None


def test_who_slept_is_asked_again_when_nobody_else_is_there() -> None:
    one, two = a_courier(), a_courier()
    task = a_task((one, OfferAnswer.EXPIRED))
    assert choose(task, [one, two]) == two
    assert choose(task, [one]) == one


def test_who_carries_enough_is_not_asked() -> None:
    full, free = a_courier(active_count=3), a_courier(active_count=2)
    assert choose(a_task(), [full, free]) == free


@pytest.mark.parametrize(
    ("held", "due", "may"),
    [(0, syp(100_000), True), (0, syp(100_001), False), (60_000, syp(40_000), True), (60_000, syp(40_001), False)],
)
def test_the_cash_limit_holds_with_the_cash_of_the_task(held: int, due: Money, may: bool) -> None:
    assert may_hold(a_courier(cash_held=syp(held)), due) is may


def test_cash_in_another_currency_is_not_carried() -> None:
    assert not may_hold(a_courier(), Money(amount=1, currency="USD"))


def test_a_task_without_cash_needs_only_a_courier_who_is_not_over_the_limit() -> None:
    assert may_hold(a_courier(cash_held=syp(100_000)), None)
    assert not may_hold(a_courier(over_cash_limit=True), None)


def test_only_the_open_offer_is_answered() -> None:
    one, two = a_courier(), a_courier()
    task = a_task((one, OfferAnswer.DECLINED), (two, OfferAnswer.OPEN))
    assert [offer.answer for offer in answered(task.offers, OfferAnswer.EXPIRED)] == [
        OfferAnswer.DECLINED,
        OfferAnswer.EXPIRED,
    ]


def test_old_offers_are_forgotten_so_that_a_task_stays_small() -> None:
    offers: tuple[Offer, ...] = ()
    ids = [new_id("cor") for _ in range(MOST_OFFERS + 3)]
    for number, courier_id in enumerate(ids):
        offers = with_offer(offers, courier_id, NOW + timedelta(minutes=number))
    assert [offer.courier_id for offer in offers] == ids[3:]


def test_a_pin_is_four_digits_and_follows_from_key_and_task() -> None:
    pins, task = Pins(b"k" * 32), new_id("tsk")
    assert len(pins.of(task)) == 4
    assert pins.of(task).isdigit()
    assert pins.agrees(task, pins.of(task))
    assert not pins.agrees(task, f"{(int(pins.of(task)) + 1) % 10_000:04d}")
    assert not pins.agrees(task, "")


def test_pins_are_spread_and_another_key_gives_others() -> None:
    tasks = [id_at("tsk", NOW, number.to_bytes(10, "big")) for number in range(2_000)]
    ours, theirs = Pins(b"a" * 32), Pins(b"b" * 32)
    assert max(Counter(ours.of(task) for task in tasks).values()) <= 6
    assert sum(ours.of(task) == theirs.of(task) for task in tasks) <= 6
