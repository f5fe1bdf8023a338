"""One key, one effect, one answer: also for twins at the same moment, and for a try that died."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import new_id
from daraa.market.idempotency.service import IN_PROGRESS, LOST, REUSED, Answer, Claim, Idempotency, Replayed
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session
from factories.installation import build_indexes, installation
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
RULE = register("testing.rule.broken", status=422, en="A rule", ar="قاعدة")
BUSY = register("testing.thing.busy", status=409, retryable=True, en="Busy", ar="مشغول")


@pytest.fixture(scope="module")
async def mongo(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mongo]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as (_, admin):
        await build_indexes(admin, (IDEMPOTENCY_KEYS,))
        yield admin


@pytest.fixture
def keys(mongo: Mongo) -> Idempotency:
    return Idempotency(mongo)


@pytest.fixture
def actor() -> str:
    return new_id("acc")


async def begin(keys: Idempotency, actor: str, key: str = "key-0001", fingerprint: str = "f") -> Claim | Replayed:
    return await keys.begin(actor, "POST /v1/things", key, fingerprint, money=True)


async def claimed(keys: Idempotency, actor: str, **more: Any) -> Claim:
    taken = await begin(keys, actor, **more)
    assert isinstance(taken, Claim)
    return taken


async def its_time_runs_out(mongo: Mongo, claim: Claim) -> None:
    """What happens by itself some seconds after the process that held the key has died."""
    past = await server_now(mongo) - timedelta(seconds=1)
    await mongo.collection(IDEMPOTENCY_KEYS).update_one({"_id": claim.key_id}, {"$set": {"leaseUntil": past}})


async def test_twenty_twins_get_one_claim_and_nineteen_equal_answers(keys: Idempotency, actor: str) -> None:
    effects: list[str] = []

    async def request() -> Answer:
        taken = await begin(keys, actor)
        if isinstance(taken, Replayed):
            assert taken.answer is not None
            return taken.answer
        effects.append(taken.attempt_id)
        await asyncio.sleep(0.2)
        done = Answer({"data": {"id": taken.attempt_id, "name": "طلب"}}, 201, "/v1/things/7")
        await keys.keep(taken, done)
        return done

    answers = await asyncio.gather(*(request() for _ in range(20)))
    assert len(effects) == 1
    assert all(each == Answer({"data": {"id": effects[0], "name": "طلب"}}, 201, "/v1/things/7") for each in answers)


async def test_the_answer_is_kept_only_if_the_effect_is(keys: Idempotency, actor: str, mongo: Mongo) -> None:
    claim = await claimed(keys, actor)

    async def fail(session: Session) -> None:
        await keys.keep(claim, Answer({"data": 1}), session=session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await mongo.in_transaction(fail)
    await its_time_runs_out(mongo, claim)
    assert isinstance(await begin(keys, actor), Claim)


async def test_a_key_with_another_request_is_refused_and_changes_nothing(keys: Idempotency, actor: str) -> None:
    claim = await claimed(keys, actor)
    await keys.keep(claim, Answer({"data": 1}))
    with pytest.raises(DaraaError) as refused:
        await begin(keys, actor, fingerprint="another")
    assert refused.value.code == REUSED
    replayed = await begin(keys, actor)
    assert isinstance(replayed, Replayed)
    assert replayed.answer == Answer({"data": 1})


async def test_the_same_key_of_another_person_or_route_is_another_key(keys: Idempotency, actor: str) -> None:
    await claimed(keys, actor)
    assert isinstance(await begin(keys, new_id("acc")), Claim)
    assert isinstance(await keys.begin(actor, "POST /v1/others", "key-0001", "f", money=False), Claim)


async def test_whoever_takes_a_dead_try_over_learns_which_one_it_was(
    keys: Idempotency, actor: str, mongo: Mongo
) -> None:
    first = await claimed(keys, actor)
    await its_time_runs_out(mongo, first)
    second = await claimed(keys, actor)
    assert second.burned == first.attempt_id != second.attempt_id
    with pytest.raises(DaraaError) as lost:
        await keys.keep(first, Answer({"data": "too late"}))
    assert lost.value.code == LOST
    await keys.keep(second, Answer({"data": "right"}))
    replayed = await begin(keys, actor)
    assert isinstance(replayed, Replayed)
    assert replayed.answer == Answer({"data": "right"})


async def test_only_one_of_many_takes_a_dead_try_over(keys: Idempotency, actor: str, mongo: Mongo) -> None:
    first = await claimed(keys, actor)
    await its_time_runs_out(mongo, first)

    found = await asyncio.gather(*(begin(keys, actor) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, Claim) for each in found) == 1
    assert [each.code for each in found if isinstance(each, DaraaError)] == [IN_PROGRESS] * 9


async def test_a_business_refusal_is_replayed_as_it_was(keys: Idempotency, actor: str) -> None:
    claim = await claimed(keys, actor)
    await keys.keep_refusal(claim, DaraaError(RULE, "Not so.", hint="Do this.", least=5, ar="لا"))
    replayed = await begin(keys, actor)
    assert isinstance(replayed, Replayed)
    assert replayed.refusal is not None
    assert (replayed.refusal.code, replayed.refusal.message, replayed.refusal.hint) == (RULE, "Not so.", "Do this.")
    assert replayed.refusal.details == {"least": 5, "ar": "لا"}


async def test_a_refusal_that_may_pass_frees_the_key_at_once(keys: Idempotency, actor: str) -> None:
    claim = await claimed(keys, actor)
    await keys.keep_refusal(claim, DaraaError(BUSY, "Busy."))
    again = await claimed(keys, actor)
    assert again.burned == claim.attempt_id


async def test_an_expired_key_counts_as_new_before_the_server_removes_it(
    keys: Idempotency, actor: str, mongo: Mongo
) -> None:
    claim = await claimed(keys, actor)
    await keys.keep(claim, Answer({"data": 1}))
    past = await server_now(mongo) - timedelta(seconds=1)
    await mongo.collection(IDEMPOTENCY_KEYS).update_one({"_id": claim.key_id}, {"$set": {"expiresAt": past}})
    assert isinstance(await begin(keys, actor, fingerprint="another"), Claim)
