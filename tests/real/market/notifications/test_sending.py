"""What waits is sent over real providers: once, in time, bounded, and given up with a reason."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daraa.collections.accounts import ACCOUNTS, Account, AccountStatus
from daraa.collections.device_tokens import DEVICE_TOKENS
from daraa.collections.notification_preferences import (
    Choice,
    QuietHours,
)
from daraa.collections.notifications import NOTIFICATIONS, Channel, Notification, NotificationType, Sending, SendState
from daraa.collections.parts import Locale
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.notifications.preference_service import device_id
from daraa.market.notifications.service import Notifications
from daraa.stores.mongo import Table
from factories.told import Told, now, sending

pytestmark = pytest.mark.anyio
OUTER = (Channel.PUSH, Channel.SMS, Channel.EMAIL)


async def cancelled(told: Told, **more: Any) -> tuple[Account, Notification]:
    """A customer whose order was cancelled: the one message that goes over every channel."""
    store, _ = await told.store()
    customer = await told.person(**more)
    await told.order_event("order.cancelled", store, customer)
    await told.relay()
    (row,) = await told.of(customer)
    return customer, row


async def only(told: Told, account: Account) -> Notification:
    (row,) = await told.of(account)
    return row


def states(row: Notification) -> dict[Channel, SendState]:
    return {each.channel: each.state for each in row.sendings}


async def test_arabic_arrives_whole_over_every_channel(told: Told) -> None:
    customer, row = await cancelled(told)
    assert states(row) == {Channel.IN_APP: SendState.SENT, **dict.fromkeys(OUTER, SendState.PENDING)}
    counts = await told.notifications.sweep_messages()
    assert (counts["failed"], counts["put_off"]) == (0, 0)
    (text,) = (body for body in told.to.sms.sent if body["to"] == customer.phone)
    assert text["text"] == row.message
    assert "أُلغي طلبك A7K2M" in text["text"]
    (pushed,) = (body for body in told.to.push.sent if body["token"] == told.token_of(customer.id))
    assert (pushed["title"], pushed["path"]) == ("أُلغي طلبك", row.action_path)
    (mail,) = (each for each in told.to.mail.mails if each["To"] == customer.email)
    assert mail["Subject"] == "أُلغي طلبك"
    assert mail.get_content().strip() == row.message
    after = await only(told, customer)
    assert set(states(after).values()) == {SendState.SENT}
    assert after.due_at is None
    assert all(each.provider_id and each.tries == 1 for each in after.sendings if each.channel in OUTER)


async def test_the_provider_is_told_the_same_reference_at_every_try(told: Told) -> None:
    answers = iter([(503, {}), (500, {}), (202, {"id": "third"})])
    told.to.sms.reply = lambda body: next(answers)
    customer, row = await cancelled(told)
    for _ in range(3):
        await told.notifications.sweep_messages()
        await told.make_due()
    assert [body["reference"] for body in told.to.sms.sent] == [f"{row.id}:sms"] * 3
    found = sending(await only(told, customer), Channel.SMS)
    assert found is not None
    assert (found.state, found.tries, found.provider_id, found.error) == (SendState.SENT, 3, "third", None)
    assert len([body for body in told.to.push.sent if body["token"] == told.token_of(customer.id)]) == 1


async def test_a_provider_that_stays_away_is_given_up_with_the_reason(told: Told) -> None:
    told.to.sms.reply = lambda body: (503, {"text": body["text"]})
    customer, _ = await cancelled(told)
    pauses = []
    for _ in range(5):
        await told.notifications.sweep_messages()
        row = await only(told, customer)
        if row.due_at is not None:
            pauses.append(row.due_at - now())
        await told.make_due()
    found = sending(await only(told, customer), Channel.SMS)
    assert found is not None
    assert (found.state, found.tries) == (SendState.FAILED, 3)
    assert found.error == "stores.message.unsent: sms: the provider answered 503."
    assert len(told.to.sms.sent) == 3
    assert timedelta(seconds=20) < pauses[0] < timedelta(seconds=40) < pauses[1] < timedelta(minutes=3)
    assert (await only(told, customer)).due_at is None


async def test_a_refusal_is_final_at_once_and_holds_no_other_channel_up(told: Told) -> None:
    told.to.sms.reply = lambda body: (400, {})
    customer, _ = await cancelled(told)
    await told.notifications.sweep_messages()
    row = await only(told, customer)
    assert states(row) == {
        Channel.IN_APP: SendState.SENT,
        Channel.PUSH: SendState.SENT,
        Channel.SMS: SendState.FAILED,
        Channel.EMAIL: SendState.SENT,
    }
    assert row.due_at is None


async def test_several_sweepers_at_once_send_each_message_once(told: Told) -> None:
    told.to.sms.slow_s = told.to.push.slow_s = 0.02
    store, owner = await told.store()
    customers = [await told.person() for _ in range(25)]
    for customer in customers:
        await told.order_event("order.cancelled", store, customer)
    await told.relay()
    workers = [Notifications(told.mongo, told.settings) for _ in range(4)]
    counts = await asyncio.gather(*(worker.sweep_messages() for worker in workers))
    assert sorted(body["to"] for body in told.to.sms.sent) == sorted(each.phone for each in customers)
    assert sorted(mail["To"] for mail in told.to.mail.mails) == sorted(str(each.email) for each in customers)
    references = [body["reference"] for body in told.to.push.sent]
    assert (
        len(references)
        == len(set(references))
        == 25 + sum(each["token"] == told.token_of(owner.id) for each in told.to.push.sent)
    )
    assert sum(each["sent"] for each in counts) == len(references) + 2 * 25
    assert await told.rows(dueAt={"$exists": True}) == []


async def test_what_a_dead_worker_had_taken_is_sent_by_another_but_not_for_ever(told: Told) -> None:
    customer, row = await cancelled(told)
    table = Table(NOTIFICATIONS, told.mongo)
    # A worker took it a minute ago and died, three times over: its tries are counted before they are made.
    tried = tuple(each.model_copy(update={"tries": 3}) if each.channel in OUTER else each for each in row.sendings)
    assert await table.update_one({"id": row.id}, {"$set": {"sendings": tried}})
    await told.make_due()
    await told.notifications.sweep_messages()
    found = await only(told, customer)
    assert {states(found)[channel] for channel in OUTER} == {SendState.FAILED}
    assert [body for body in told.to.sms.sent if body["to"] == customer.phone] == []


async def test_a_worker_that_comes_back_too_late_overwrites_nothing(told: Told) -> None:
    customer, row = await cancelled(told)
    told.to.sms.slow_s = 0.5
    sweep = asyncio.create_task(told.notifications.sweep_messages())
    while not told.to.sms.sent:
        await asyncio.sleep(0.01)
    taken = await only(told, customer)
    assert taken.due_at is not None
    moved = taken.due_at + timedelta(minutes=1)
    assert await Table(NOTIFICATIONS, told.mongo).update_one({"id": row.id}, {"$set": {"due_at": moved}})
    await sweep
    assert (await only(told, customer)).due_at == moved


async def test_reading_a_message_while_it_is_sent_loses_neither(told: Told) -> None:
    customer, row = await cancelled(told)
    told.to.sms.slow_s = 0.3
    sweep = asyncio.create_task(told.notifications.sweep_messages())
    while not told.to.sms.sent:
        await asyncio.sleep(0.01)
    assert await told.notifications.mark_read(customer.id, (row.id,)) == 1
    await sweep
    after = await only(told, customer)
    assert after.is_read
    assert set(states(after).values()) == {SendState.SENT}


def around(hours: int) -> QuietHours:
    """Quiet from `hours` before to `hours` after this moment, in Tokyo."""
    local = now().astimezone(ZoneInfo("Asia/Tokyo"))
    minute = local.hour * 60 + local.minute
    return QuietHours(
        from_minutes=(minute - 60 * hours) % 1440, to_minutes=(minute + 60 * hours) % 1440, timezone="Asia/Tokyo"
    )


async def test_quiet_hours_hold_back_everything_but_the_inbox(told: Told) -> None:
    store, _ = await told.store()
    customer = await told.person()
    await told.prefers(customer, quiet_hours=around(1))
    await told.order_event("order.cancelled", store, customer)
    await told.relay()
    await told.notifications.sweep_messages()
    row = await only(told, customer)
    assert states(row) == {Channel.IN_APP: SendState.SENT, **dict.fromkeys(OUTER, SendState.PENDING)}
    assert row.due_at is not None
    assert timedelta(minutes=58) < row.due_at - now() < timedelta(minutes=61)


async def test_quiet_hours_that_begin_meanwhile_put_it_off_without_costing_a_try(told: Told) -> None:
    customer, _ = await cancelled(told)
    await told.prefers(customer, quiet_hours=around(1))
    counts = await told.notifications.sweep_messages()
    assert counts["put_off"] == 3
    row = await only(told, customer)
    assert {each.tries for each in row.sendings} == {0}
    assert [body for body in told.to.sms.sent if body["to"] == customer.phone] == []


async def test_security_is_sent_at_night_to_who_turned_everything_off(told: Told) -> None:
    customer = await told.person()
    everything = [Choice(type=each, channel=channel, wanted=False) for each in NotificationType for channel in OUTER]
    await told.prefers(customer, quiet_hours=around(1), choices=tuple(everything))
    row = Notification(
        id=new_id("ntf"), recipient_id=customer.id, type=NotificationType.SECURITY, template_key="account.entered",
        template_version=1, title="دخول جديد", message="دخل أحد إلى حسابك", dedupe_key=new_id("evt"),
        sendings=(Sending(channel=Channel.SMS, due_at=now()),), due_at=now(), **stamp(now()),
    )  # fmt: skip
    await told.add(NOTIFICATIONS, row)
    await told.notifications.sweep_messages()
    assert [body["text"] for body in told.to.sms.sent] == ["دخل أحد إلى حسابك"]


async def test_a_channel_that_is_turned_off_stays_silent(told: Told) -> None:
    store, _ = await told.store()
    customer = await told.person()
    no_sms = Choice(type=NotificationType.ORDER, channel=Channel.SMS, wanted=False)
    await told.prefers(customer, choices=(no_sms,), locale=Locale.EN)
    await told.order_event("order.cancelled", store, customer)
    await told.relay()
    row = await only(told, customer)
    assert set(states(row)) == {Channel.IN_APP, Channel.PUSH, Channel.EMAIL}
    assert row.title == "Your order was cancelled"


async def test_a_change_of_mind_counts_for_what_waits(told: Told) -> None:
    customer, _ = await cancelled(told)
    no_sms = Choice(type=NotificationType.ORDER, channel=Channel.SMS, wanted=False)
    await told.prefers(customer, choices=(no_sms,))
    await told.notifications.sweep_messages()
    assert states(await only(told, customer))[Channel.SMS] is SendState.SKIPPED
    assert [body for body in told.to.sms.sent if body["to"] == customer.phone] == []


async def test_a_dead_device_is_forgotten_and_the_others_are_told(told: Told) -> None:
    customer, _ = await cancelled(told)
    other = "another-device-of-the-same-person"
    await told.preferences.register(customer.id, other, (await device(told, customer)).platform, Locale.AR)
    dead = told.token_of(customer.id)
    told.to.push.reply = lambda body: (410, {}) if body["token"] == dead else (202, {"id": "ok"})
    await told.notifications.sweep_messages()
    assert states(await only(told, customer))[Channel.PUSH] is SendState.SENT
    buried = await device(told, customer)
    assert not buried.is_live
    assert buried.dead_at is not None
    told.to.push.sent.clear()
    store, _ = await told.store()
    await told.order_event("order.delivered", store, customer)
    await told.relay()
    await told.notifications.sweep_messages()
    assert dead not in {body["token"] for body in told.to.push.sent}
    assert other in {body["token"] for body in told.to.push.sent}


async def test_without_any_device_a_push_message_is_skipped(told: Told) -> None:
    customer, _ = await cancelled(told)
    await told.preferences.forget(customer.id, device_id(told.token_of(customer.id)))
    await told.notifications.sweep_messages()
    found = sending(await only(told, customer), Channel.PUSH)
    assert found is not None
    assert (found.state, found.error) == (SendState.SKIPPED, "there is nowhere to send it to")


async def test_an_account_closed_meanwhile_is_sent_nothing(told: Told) -> None:
    customer, _ = await cancelled(told)
    closed = {"$set": {"status": AccountStatus.CLOSED}}
    assert await Table(ACCOUNTS, told.mongo).update_one({"id": customer.id}, closed)
    await told.notifications.sweep_messages()
    assert {states(await only(told, customer))[channel] for channel in OUTER} == {SendState.SKIPPED}
    assert [body for body in told.to.sms.sent if body["to"] == customer.phone] == []


async def test_an_offer_that_has_lapsed_is_not_sent(told: Told) -> None:
    profile, courier = await told.courier()
    await told.tell("task.offered", new_id("tsk"), {"courier_id": profile.id})
    (row,) = await told.of(courier)
    lapsed = {"$set": {"send_until": now() - timedelta(seconds=1)}}
    assert await Table(NOTIFICATIONS, told.mongo).update_one({"id": row.id}, lapsed)
    await told.notifications.sweep_messages()
    assert told.to.push.sent == []
    assert states(await only(told, courier))[Channel.PUSH] is SendState.SKIPPED


async def device(told: Told, account: Account) -> Any:
    """The first device of an account."""
    found = await told.mongo.collection(DEVICE_TOKENS).find_one({"_id": device_id(told.token_of(account.id))})
    assert found is not None
    return DEVICE_TOKENS.document.model_validate(found, strict=False)


async def test_neither_text_nor_number_nor_token_is_ever_logged(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="daraa")
    told.to.sms.reply = lambda body: (400, body)
    told.to.push.reply = lambda body: (503, body)
    customer, row = await cancelled(told)
    await told.notifications.sweep_messages()
    for hidden in (row.message, customer.phone, str(customer.email), told.token_of(customer.id)):
        assert hidden not in caplog.text
    assert "was given up on sms" in caplog.text
