"""Every event reaches its consumers, in order per aggregate, and its effect happens once (market.md I17)."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from daraa.collections.inbox_events import INBOX_EVENTS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.jobs.errors import EVENT_NOT_PARKED, LEASE_LOST
from daraa.jobs.outbox_watch import find_stuck, parked_events, retry_parked
from daraa.jobs.registry import Fence, JobContext
from daraa.jobs.relay import Moved, Relay
from daraa.jobs.subscriptions import Subscriptions
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.outbox import Event, News, append_events
from daraa.stores.mongo.server_time import server_now

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
Start = Callable[..., "subprocess.Popen[bytes]"]
Eventually = Callable[..., Awaitable[Any]]
Order = tuple[str, int]


async def publish(mongo: Mongo, orders: Sequence[Order], event_type: str = "order.placed") -> list[str]:
    async with mongo.transaction() as session:
        return await append_events(
            mongo,
            session,
            [
                News(type=event_type, aggregate="orders", aggregate_id=order, sequence=n, payload={"n": n})
                for order, n in orders
            ],
        )


class Consumer:
    """Writes one effect per event, and fails on the sequences it is told to."""

    def __init__(self, mongo: Mongo, fails: dict[Order, int] | None = None) -> None:
        self.mongo, self.fails = mongo, fails or {}
        self.subscriptions = Subscriptions()
        self.subscriptions.subscribe("order.placed", "probe.effect", self.take)

    async def take(self, event: Event, session: Any) -> None:
        row = {"event": event.id, "order": event.aggregate_id, "n": event.payload["n"]}
        await self.mongo.database()["effects"].insert_one(row, session=session)
        key = (event.aggregate_id, event.sequence)
        if self.fails.get(key, 0):
            self.fails[key] -= 1
            raise RuntimeError("the shop ahmad@example.com is closed")

    async def effects(self) -> list[Order]:
        rows = await self.mongo.database()["effects"].find().sort("_id").to_list()
        return [(row["order"], row["n"]) for row in rows]

    def relay(self, settings: Settings, fence: int = 1) -> Relay:
        return Relay(self.mongo, self.subscriptions, settings.jobs, fence=Fence(fence))


async def states(mongo: Mongo) -> list[str]:
    return [row["state"] for row in await mongo.collection(OUTBOX_EVENTS).find().sort("sequence").to_list()]


@pytest.fixture
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put off stays so, on a slow machine too, until `make_due`."""
    monkeypatch.setattr("daraa.jobs.relay.pause_after", lambda attempts: 300.0)


async def make_due(mongo: Mongo) -> None:
    """As if the pauses were over."""
    past = await server_now(mongo) - timedelta(seconds=1)
    await mongo.collection(OUTBOX_EVENTS).update_many({"state": "pending"}, {"$set": {"dueAt": past}})


async def test_events_are_delivered_in_the_order_of_their_aggregate_whatever_their_ids_say(
    mongo: Mongo, settings: Settings
) -> None:
    one, other = new_id("ord"), new_id("ord")
    await publish(mongo, [(one, 3), (other, 2), (one, 1), (other, 1), (one, 2)])
    consumer = Consumer(mongo)
    assert await consumer.relay(settings).drain() == Moved(delivered=5)
    done = await consumer.effects()
    assert [n for order, n in done if order == one] == [1, 2, 3]
    assert [n for order, n in done if order == other] == [1, 2]
    rows = await mongo.collection(OUTBOX_EVENTS).find().to_list()
    assert all(row["state"] == "delivered" and row["deliveredAt"] for row in rows)


async def test_an_event_of_a_transaction_that_failed_is_never_sent(mongo: Mongo, settings: Settings) -> None:
    async def change_its_mind() -> None:
        async with mongo.transaction() as session:
            await append_events(
                mongo,
                session,
                [
                    News(
                        type="order.placed",
                        aggregate="orders",
                        aggregate_id=new_id("ord"),
                        sequence=1,
                        payload={"n": 1},
                    )
                ],
            )
            raise ValueError("changed its mind")

    with pytest.raises(ValueError, match="changed its mind"):
        await change_its_mind()
    assert await Consumer(mongo).relay(settings).drain() == Moved()


async def test_one_change_of_an_aggregate_tells_of_one_event(mongo: Mongo) -> None:
    order = new_id("ord")
    await publish(mongo, [(order, 7)])
    with pytest.raises(DaraaError) as refused:
        await publish(mongo, [(order, 7)])
    assert refused.value.code == DUPLICATE


@pytest.mark.usefixtures("long_pauses")
async def test_a_failing_event_holds_back_its_aggregate_and_nobody_else(mongo: Mongo, settings: Settings) -> None:
    sick, well = new_id("ord"), new_id("ord")
    consumer = Consumer(mongo, fails={(sick, 1): 1})
    await publish(mongo, [(sick, 1), (sick, 2), (well, 1), (well, 2)])
    assert await consumer.relay(settings).drain() == Moved(delivered=2, put_off=1)
    assert await consumer.effects() == [(well, 1), (well, 2)], "the effect of a failed attempt stayed"
    stored = await mongo.collection(OUTBOX_EVENTS).find_one({"aggregateId": sick, "sequence": 1})
    assert stored is not None
    assert (stored["attempts"], stored["lastError"]) == (1, "RuntimeError: the shop [redacted] is closed")
    assert stored["dueAt"] > await server_now(mongo)
    await make_due(mongo)
    assert await consumer.relay(settings).drain() == Moved(delivered=2)
    assert (await consumer.effects())[2:] == [(sick, 1), (sick, 2)]


@pytest.mark.usefixtures("long_pauses")
async def test_many_events_behind_a_failing_one_do_not_starve_the_others(mongo: Mongo, settings: Settings) -> None:
    sick, well = new_id("ord"), new_id("ord")
    consumer = Consumer(mongo, fails={(sick, 1): 1})
    await publish(mongo, [(sick, n) for n in range(1, 13)])
    await publish(mongo, [(well, 1)])
    small = settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"outbox_batch": 3})})
    moved = await consumer.relay(small).drain()
    assert moved == Moved(delivered=1, put_off=1)
    assert await consumer.effects() == [(well, 1)]


async def test_an_event_that_fails_too_often_is_parked_with_its_reason_and_can_be_tried_again(
    mongo: Mongo, settings: Settings
) -> None:
    order = new_id("ord")
    consumer = Consumer(mongo, fails={(order, 1): settings.jobs.outbox_attempts})
    (event_id, _) = await publish(mongo, [(order, 1), (order, 2)])
    for _ in range(settings.jobs.outbox_attempts):
        await make_due(mongo)
        await consumer.relay(settings).drain()
    assert await states(mongo) == ["dead", "delivered"]
    (parked,) = await parked_events(mongo, 10)
    assert (parked.id, parked.attempts) == (event_id, settings.jobs.outbox_attempts)
    assert str(parked.last_error).startswith("RuntimeError")
    await retry_parked(mongo, event_id)
    await consumer.relay(settings).drain()
    assert await states(mongo) == ["delivered", "delivered"]
    with pytest.raises(DaraaError) as refused:
        await retry_parked(mongo, event_id)
    assert refused.value.code == EVENT_NOT_PARKED


async def test_an_event_of_an_unknown_type_waits_for_a_worker_that_knows_it(mongo: Mongo, settings: Settings) -> None:
    await publish(mongo, [(new_id("ord"), 1)], event_type="order.shipped")
    consumer = Consumer(mongo)
    assert await consumer.relay(settings).drain() == Moved(put_off=1)
    await make_due(mongo)
    consumer.subscriptions.ignore("order.shipped", because="nobody needs it yet")
    assert await consumer.relay(settings).drain() == Moved(delivered=1)


class Crowd:
    """Takes events slowly, and notes how many it had at once and in which order they came of each aggregate."""

    def __init__(self) -> None:
        self.at_once = self.most = 0
        self.taken: list[Order] = []

    async def take(self, event: Event, session: Any) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.05)
        self.taken.append((event.aggregate_id, event.sequence))
        self.at_once -= 1


async def test_aggregates_are_delivered_beside_each_other_each_in_its_order(mongo: Mongo, settings: Settings) -> None:
    orders = [new_id("ord") for _ in range(20)]
    await publish(mongo, [(order, n) for n in (2, 1, 3) for order in orders])
    crowd, queue, subscriptions = Crowd(), Crowd(), Subscriptions()
    subscriptions.subscribe("order.placed", "probe.crowd", crowd.take)
    subscriptions.subscribe("order.placed", "probe.queue", queue.take, alone=True)
    assert await Relay(mongo, subscriptions, settings.jobs, fence=Fence(1)).drain() == Moved(delivered=60)
    assert crowd.most > 1
    assert queue.most == 1, "two were at it that must never be"
    for taken in (crowd.taken, queue.taken):
        assert len(taken) == 60
        assert all([n for order, n in taken if order == each] == [1, 2, 3] for each in orders)


async def test_two_relays_at_once_make_each_effect_once(mongo: Mongo, settings: Settings) -> None:
    orders = [(order, n) for order in [new_id("ord") for _ in range(10)] for n in (1, 2)]
    await publish(mongo, orders)
    consumer = Consumer(mongo)
    ends = await asyncio.gather(
        consumer.relay(settings, 1).drain(), consumer.relay(settings, 2).drain(), return_exceptions=True
    )
    for end in ends:
        assert isinstance(end, Moved) or (isinstance(end, DaraaError) and end.code == LEASE_LOST), end
    await make_due(mongo)
    await consumer.relay(settings, 3).drain()
    done = await consumer.effects()
    assert sorted(done) == sorted(orders), "an effect is missing or doubled"
    assert set(await states(mongo)) == {"delivered"}
    assert await mongo.collection(INBOX_EVENTS).count_documents({}) == len(orders)
    for order in {order for order, _ in orders}:
        assert [n for each, n in done if each == order] == [1, 2]


async def test_a_relay_that_lost_its_lease_cannot_mark_what_a_newer_one_touched(
    mongo: Mongo, settings: Settings
) -> None:
    order = new_id("ord")
    consumer = Consumer(mongo, fails={(order, 1): 2})
    await publish(mongo, [(order, 1)])
    await consumer.relay(settings, fence=9).drain()
    await make_due(mongo)
    with pytest.raises(DaraaError) as lost:
        await consumer.relay(settings, fence=8).drain()
    assert lost.value.code == LEASE_LOST
    stored = await mongo.collection(OUTBOX_EVENTS).find_one({})
    assert stored is not None
    assert (stored["attempts"], stored["fence"]) == (1, 9)


async def test_a_relay_killed_between_the_effect_and_its_mark_doubles_nothing(
    mongo: Mongo, settings: Settings, start_worker: Start, eventually: Eventually
) -> None:
    orders = [(new_id("ord"), 1) for _ in range(3)]
    await publish(mongo, orders)
    victim = start_worker(crash_at="jobs.relay.applied")
    assert await asyncio.to_thread(victim.wait, 15) == -signal.SIGKILL
    assert 1 <= await mongo.database()["effects"].count_documents({}) <= len(orders)
    assert set(await states(mongo)) == {"pending"}
    # The lanes beside the one that was killed may have left transactions open, which the server ends after a while.
    await mongo.client.admin.command("killAllSessions", [])
    after = start_worker()

    async def delivered() -> bool:
        return set(await states(mongo)) == {"delivered"}

    await eventually(delivered, within_s=60)
    after.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(after.wait, 10) == 0
    rows = await mongo.database()["effects"].find().to_list()
    assert len(rows) == len({row["event"] for row in rows}) == len(orders)


async def test_the_watch_counts_parked_and_late_events(mongo: Mongo, settings: Settings) -> None:
    await publish(mongo, [(new_id("ord"), 1), (new_id("ord"), 2), (new_id("ord"), 3)])
    events = mongo.collection(OUTBOX_EVENTS)
    await events.update_one({"sequence": 1}, {"$set": {"state": "dead"}})
    long_ago = await server_now(mongo) - timedelta(minutes=6)
    await events.update_one({"sequence": 2}, {"$set": {"dueAt": long_ago}})
    now = await server_now(mongo)
    context = JobContext(
        job="outbox.stuck",
        due_at=now,
        attempt=1,
        missed=0,
        by_hand=True,
        fence=Fence(1),
        mongo=mongo,
        settings=settings,
    )
    assert await find_stuck(context) == {"parked": 1, "late": 1}


async def test_arabic_payloads_arrive_as_they_were(mongo: Mongo, settings: Settings) -> None:
    seen: list[Any] = []

    async def take(event: Event, session: Any) -> None:
        seen.append(event.payload)

    subscriptions = Subscriptions()
    subscriptions.subscribe("order.placed", "probe.reader", take)
    payload = {"name": "أحمد \u200f«درعا»", "amount": 2**53 + 1}
    async with mongo.transaction() as session:
        await append_events(
            mongo,
            session,
            [News(type="order.placed", aggregate="orders", aggregate_id=new_id("ord"), sequence=1, payload=payload)],
        )
    await Relay(mongo, subscriptions, settings.jobs, fence=Fence(1)).drain()
    assert seen == [json.loads(json.dumps(payload))]
