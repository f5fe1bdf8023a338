"""The rules of the relay that need no server."""

import pytest

from daraa.jobs.errors import EVENT_UNCLAIMED
from daraa.jobs.relay import LONGEST_PAUSE_S, pause_after
from daraa.jobs.subscriptions import Subscriptions
from daraa.kernel.errors import DaraaError, DeclarationError
from daraa.stores.mongo.outbox import Event
from daraa.stores.mongo.session import Session


async def take(event: Event, session: Session) -> None:
    raise AssertionError("not called here")


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert pause_after(9) == 256
    assert pause_after(10) == pause_after(50) == LONGEST_PAUSE_S


def test_a_type_may_have_several_consumers_each_once() -> None:
    subscriptions = Subscriptions()
    subscriptions.subscribe("order.placed", "notifications.customer", take)
    subscriptions.subscribe("order.placed", "notifications.store", take)
    with pytest.raises(DeclarationError, match="twice"):
        subscriptions.subscribe("order.placed", "notifications.store", take)
    assert [each.consumer for each in subscriptions.of("order.placed")] == [
        "notifications.customer",
        "notifications.store",
    ]


def test_a_type_that_nobody_knows_is_an_error_and_an_ignored_one_is_not() -> None:
    subscriptions = Subscriptions()
    subscriptions.ignore("order.viewed", because="only statistics will need it")
    assert subscriptions.of("order.viewed") == ()
    with pytest.raises(DaraaError) as unclaimed:
        subscriptions.of("order.view")
    assert unclaimed.value.code == EVENT_UNCLAIMED
    assert "order.viewed" in unclaimed.value.hint
