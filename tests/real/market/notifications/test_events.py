"""Every event reaches the right people, each once, in their language, whatever the relay repeats."""

from typing import Any

import pytest

from daraa.collections import by_name
from daraa.collections.accounts import AccountStatus
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES
from daraa.collections.notifications import Channel, SendState
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.parts import Locale
from daraa.collections.store_members import MemberRole, MemberStatus
from daraa.declare import Localized
from daraa.kernel.ids import new_id
from daraa.market.notifications.composing import NOTHING_MORE
from daraa.market.notifications.telling import TELLINGS
from daraa.stores.mongo import Table
from factories.told import Told, sending

pytestmark = pytest.mark.anyio
NAME = Localized(ar="خبز حوران", en="Hawran Bread")


@pytest.mark.parametrize(
    ("type", "customer_told", "staff_told"),
    [
        ("order.placed", True, True),
        ("order.paid", True, True),
        ("order.confirmed", True, False),
        ("order.preparing", True, False),
        ("order.ready", True, False),
        ("order.picked_up", True, False),
        ("order.delivering", True, False),
        ("order.delivered", True, True),
        ("order.cancelled", True, True),
        ("order.returning", True, True),
        ("order.returned", True, True),
    ],
)
async def test_a_step_of_an_order_is_told_to_who_must_know(
    type: str, customer_told: bool, staff_told: bool, told: Told
) -> None:
    store, owner = await told.store(name=NAME)
    customer, packer, cook, former = [await told.person() for _ in range(4)]
    await told.member(store.id, packer, scopes=("order:fulfil",))
    await told.member(store.id, cook, scopes=("stock:write",))
    await told.member(store.id, former, role=MemberRole.MANAGER, scopes=("order:fulfil",), status=MemberStatus.LEFT)
    profile, courier = await told.courier()
    await told.order_event(type, store, customer, courier_id=profile.id)
    await told.relay()
    staff = {owner.id, packer.id} if staff_told else set()
    riders = {courier.id} if type == "order.cancelled" else set()
    assert sorted(row.recipient_id for row in await told.rows()) == sorted({customer.id} | staff | riders)


def on_store(people: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return people["store"].id, {"store_id": people["store"].id, "account_id": people["owner"].id}


def on_courier(people: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return people["profile"].id, {"courier_id": people["profile"].id}


def on_order(people: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    amount = {"amount": 5000, "currency": "SYP"}
    body = {"order_id": new_id("ord"), "customer_id": people["customer"].id, "store_id": people["store"].id}
    return new_id("ref"), body | {"amount": amount}


def on_wallet(owner: str, kind: str) -> Any:
    def made(people: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        owner_id = people[owner].id
        wallet = new_id("wal")
        amount = {"amount": 5000, "currency": "SYP"}
        return wallet, {"wallet_id": wallet, "owner_id": owner_id, "kind": kind, "amount": amount, "type": "refund"}

    return made


@pytest.mark.parametrize(
    ("type", "payload", "expected"),
    [
        ("account.registered", lambda p: (p["customer"].id, {}), {"customer"}),
        ("store.applied", on_store, {"owner", "examiner"}),
        ("store.approved", on_store, {"owner"}),
        ("store.rejected", on_store, {"owner"}),
        ("store.suspended", on_store, {"owner"}),
        ("courier.applied", on_courier, {"courier", "examiner"}),
        ("courier.approved", on_courier, {"courier"}),
        ("courier.rejected", on_courier, {"courier"}),
        ("courier.suspended", on_courier, {"courier"}),
        ("task.offered", on_courier, {"courier"}),
        ("remittance.received", on_courier, {"courier"}),
        ("refund.done", on_order, {"customer"}),
        ("stock.short", on_order, {"owner"}),
        ("wallet.credited", on_wallet("customer", "customer"), {"customer"}),
        ("wallet.debited", on_wallet("store", "store"), {"owner"}),
        ("wallet.credited", on_wallet("profile", "courier"), {"courier"}),
        ("withdrawal.approved", on_wallet("customer", "customer"), {"customer"}),
        ("withdrawal.refused", on_wallet("store", "store"), {"owner"}),
    ],
)
async def test_an_event_is_told_to_whom_it_concerns(type: str, payload: Any, expected: set[str], told: Told) -> None:
    store, owner = await told.store(name=NAME)
    profile, courier = await told.courier()
    people = {
        "store": store,
        "owner": owner,
        "profile": profile,
        "courier": courier,
        "customer": await told.person(),
        "examiner": await told.admin("store:approve", "courier:approve"),
        "accountant": await told.admin("refund:create"),
    }
    aggregate_id, body = payload(people)
    rows = await told.tell(type, aggregate_id, body)
    assert sorted(row.recipient_id for row in rows) == sorted(people[name].id for name in expected)
    assert all(row.template_version == 1 for row in rows)
    assert all("{" not in row.title + row.message for row in rows)


def test_no_event_of_the_table_goes_untested() -> None:
    orders = {type_ for type_ in TELLINGS if type_.startswith("order.")}
    others = {"account.registered", "task.offered", "remittance.received", "refund.done", "stock.short"} | {
        *(f"store.{word}" for word in ("applied", "approved", "rejected", "suspended")),
        *(f"courier.{word}" for word in ("applied", "approved", "rejected", "suspended")),
        *("wallet.credited", "wallet.debited", "withdrawal.approved", "withdrawal.refused"),
    }
    assert len(orders) == 11
    assert orders | others == set(TELLINGS)


async def test_an_event_that_the_relay_repeats_is_told_once(told: Told) -> None:
    store, _ = await told.store()
    customer = await told.person()
    event_id = await told.order_event("order.delivered", store, customer)
    assert (await told.relay()).delivered == 1
    before = await told.rows()
    # The relay dies before it marks the event, and later even the receipt is gone.
    for gone in ((), ("inbox_events",)):
        for name in gone:
            await told.mongo.collection(by_name(name)).delete_many({})
        again = {"$set": {"state": "pending"}, "$unset": {"delivered_at": ""}}
        assert await Table(OUTBOX_EVENTS, told.mongo).update_one({"id": event_id}, again)
        assert (await told.relay()).delivered == 1
        assert await told.rows() == before
    assert len(before) == 2


async def test_who_buys_in_their_own_store_is_told_as_both(told: Told) -> None:
    store, owner = await told.store()
    await told.order_event("order.placed", store, owner)
    await told.relay()
    assert sorted(row.template_key for row in await told.of(owner)) == ["order.placed", "order.placed.store"]


async def test_words_are_in_the_readers_language_with_the_other_beside_them(told: Told) -> None:
    store, _ = await told.store(name=NAME)
    arab, briton = await told.person(), await told.person(locale=Locale.EN)
    for customer in (arab, briton):
        await told.order_event("order.placed", store, customer)
    await told.relay()
    (here,), (there,) = await told.of(arab), await told.of(briton)
    assert here.message == "استلمنا طلبك A7K2M من خبز حوران بقيمة 1,250.50 ل.س، وينتظر قبول المتجر."
    assert (
        there.message == "We have your order A7K2M from Hawran Bread for 1,250.50 £S; the store will confirm it soon."
    )
    assert here.translation is not None
    assert here.translation.message == there.message
    assert here.action_path == f"/orders/{here.related_id}"


async def test_a_message_without_a_template_says_it_plainly_and_holds_nothing_up(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    store, _ = await told.store()
    customer = await told.person()
    handle = told.mongo.collection(NOTIFICATION_TEMPLATES)
    kept = await handle.find({"key": "order.confirmed"}).to_list(None)
    await handle.delete_many({"key": "order.confirmed"})
    try:
        await told.order_event("order.confirmed", store, customer)
        assert (await told.relay()).delivered == 1
    finally:
        await handle.insert_many(kept)
    (row,) = await told.of(customer)
    assert (row.title, row.template_version) == ("قبل المتجر طلبك", 0)
    assert [each.channel for each in row.sendings] == [Channel.IN_APP]
    assert "no template is published for order.confirmed" in caplog.text


@pytest.mark.parametrize("payload", [{}, {"store_id": 7, "customer_id": {"$gt": ""}}, {"store_id": new_id("sto")}, []])
async def test_an_event_that_says_too_little_is_passed_over(payload: Any, told: Told) -> None:
    await told.publish("order.placed", new_id("ord"), payload)
    assert (await told.relay()).delivered == 1
    assert await told.rows() == []


async def test_a_closed_account_is_told_nothing(told: Told) -> None:
    customer = await told.person(status=AccountStatus.CLOSED)
    assert await told.tell("account.registered", customer.id, {}) == []


async def test_a_stores_rush_fills_the_inbox_but_not_the_telephone(told: Told) -> None:
    told.settings = told.settings.model_copy(
        update={"messages": told.settings.messages.model_copy(update={"hourly_limit": 5})}
    )
    told.__post_init__()
    store, owner = await told.store()
    customers = [await told.person() for _ in range(5)]
    for number in range(40):
        await told.order_event("order.placed", store, customers[number % 5])
    assert (await told.relay()).delivered == 40
    await told.notifications.sweep_messages()
    rows = await told.of(owner)
    pushed = [row for row in rows if (found := sending(row, Channel.PUSH)) and found.state is SendState.SENT]
    assert (len(rows), len(pushed)) == (40, 5)
    assert sum(body["token"] == told.token_of(owner.id) for body in told.to.push.sent) == 5
    kept = sending(rows[-1], Channel.PUSH)
    assert kept is not None
    assert (kept.state, kept.error) == (SendState.SKIPPED, NOTHING_MORE)


async def test_an_offer_of_work_is_never_held_back_by_the_limit(told: Told) -> None:
    told.settings = told.settings.model_copy(
        update={"messages": told.settings.messages.model_copy(update={"hourly_limit": 1})}
    )
    told.__post_init__()
    profile, courier = await told.courier()
    for _ in range(3):
        await told.tell("task.offered", new_id("tsk"), {"courier_id": profile.id})
    await told.notifications.sweep_messages()
    assert sum(body["token"] == told.token_of(courier.id) for body in told.to.push.sent) == 3
