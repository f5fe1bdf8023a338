"""The table of an order's life: no way back, no way out of the last states, and nobody cancels goods on their way."""

import itertools

import pytest

from daraa.collections.accounts import Role
from daraa.collections.orders import FINISHED, OPEN, OrderStatus
from daraa.kernel.ids import new_id
from daraa.market.actor import JOB, Actor
from daraa.market.orders.machine import EDGES, LAST, NEEDS_PAYMENT, Party, is_allowed, next_states, parties_of

S, P = OrderStatus, Party
EVERYBODY = frozenset(Party)


def reachable(start: OrderStatus) -> set[OrderStatus]:
    found, left = set[OrderStatus](), [start]
    while left:
        here = left.pop()
        for before, to in EDGES:
            if before is here and to not in found:
                found.add(to)
                left.append(to)
    return found


def test_every_state_is_reached_from_the_first() -> None:
    assert reachable(S.PENDING) | {S.PENDING} == set(OrderStatus)


def test_no_state_is_reached_twice() -> None:
    assert all(status not in reachable(status) for status in OrderStatus)


def test_the_last_states_are_those_that_the_archive_takes() -> None:
    assert {status for status in OrderStatus if not reachable(status)} == LAST == set(FINISHED.values)


def test_from_every_other_state_an_order_can_come_to_an_end() -> None:
    assert all(reachable(status) & LAST for status in set(OrderStatus) - LAST)


def test_only_orders_whose_goods_are_in_the_store_can_be_cancelled() -> None:
    assert {before for before, to in EDGES if to is S.CANCELLED} == set(OPEN.values)


@pytest.mark.parametrize(
    ("party", "may"),
    [
        (P.CUSTOMER, {S.PENDING}),
        (P.SELLER, {S.PENDING, S.CONFIRMED}),
        (P.ADMIN, {S.PENDING, S.CONFIRMED, S.PREPARING, S.READY}),
        (P.SYSTEM, {S.PENDING}),
        (P.COURIER, set()),
    ],
)
def test_who_may_cancel_when(party: Party, may: set[OrderStatus]) -> None:
    assert {status for status in OrderStatus if S.CANCELLED in next_states(status, party)} == may


def test_a_step_that_is_not_in_the_table_is_nobodys() -> None:
    for before, to in itertools.product(OrderStatus, OrderStatus):
        assert is_allowed(before, to, EVERYBODY) is ((before, to) in EDGES)


def test_a_customer_can_do_nothing_but_cancel() -> None:
    assert {to for (_, to), who in EDGES.items() if P.CUSTOMER in who} == {S.CANCELLED}


def test_every_step_towards_delivery_needs_the_payment() -> None:
    assert reachable(S.PENDING) - {S.CANCELLED, S.RETURNING, S.RETURNED} == NEEDS_PAYMENT


def test_an_actor_acts_in_the_parts_of_its_roles_and_a_job_as_the_system() -> None:
    somebody = Actor(new_id("acc"), roles=frozenset({Role.CUSTOMER, Role.COURIER}))
    assert parties_of(somebody) == {P.CUSTOMER, P.COURIER}
    assert parties_of(JOB) == {P.SYSTEM}
    assert parties_of(Actor(new_id("acc"))) == frozenset()
