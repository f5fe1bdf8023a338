"""What every key-value store promises: the same suite on the system's Redis, the wheel's, and behind Sentinels."""

import asyncio
import secrets

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.redis import KeyValue, Script

pytestmark = pytest.mark.anyio

SWAP = Script("""
local old = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', tonumber(ARGV[2]))
return {old, tonumber(ARGV[2]), #KEYS}
""")


@pytest.fixture
def key() -> str:
    return f"contract:{secrets.token_hex(8)}"


async def test_it_answers(store: KeyValue) -> None:
    await store.ping()


async def test_a_value_comes_back_byte_for_byte(store: KeyValue, key: str) -> None:
    value = bytes(range(256)) * 300
    assert await store.get(key) is None
    assert await store.set(key, value)
    assert await store.get(key) == value


async def test_keys_and_values_in_arabic_are_not_bent(store: KeyValue, key: str) -> None:
    await store.set(f"{key}:درعا", "أحمد".encode())
    assert await store.get(f"{key}:درعا") == "أحمد".encode()


async def test_a_value_is_gone_after_its_time(store: KeyValue, key: str) -> None:
    await store.set(key, b"brief", ttl_s=2)
    assert await store.get(key) == b"brief"
    await asyncio.sleep(2.1)
    assert await store.get(key) is None


async def test_setting_anew_without_a_time_makes_the_value_stay(store: KeyValue, key: str) -> None:
    await store.set(key, b"brief", ttl_s=0.2)
    await store.set(key, b"lasting")
    await asyncio.sleep(0.3)
    assert await store.get(key) == b"lasting"


@pytest.mark.parametrize("ttl_s", [0, -1.0])
async def test_a_time_that_stores_nothing_is_refused(store: KeyValue, key: str, ttl_s: float) -> None:
    with pytest.raises(ValueError, match="stores nothing"):
        await store.set(key, b"x", ttl_s=ttl_s)
    assert await store.get(key) is None


async def test_of_many_who_set_only_if_absent_exactly_one_succeeds(store: KeyValue, key: str) -> None:
    tokens = [f"token-{n}".encode() for n in range(20)]
    won = await asyncio.gather(*(store.set(key, token, ttl_s=30, only_if_absent=True) for token in tokens))
    assert sum(won) == 1
    assert await store.get(key) == tokens[won.index(True)]


async def test_delete_removes_all_named_keys_and_bears_missing_ones(store: KeyValue, key: str) -> None:
    await store.set(f"{key}:1", b"x")
    await store.set(f"{key}:2", b"x")
    await store.delete(f"{key}:1", f"{key}:2", f"{key}:never")
    await store.delete()
    assert await store.get(f"{key}:1") is None
    assert await store.get(f"{key}:2") is None


async def test_a_script_runs_as_one_step_and_again_by_its_hash(store: KeyValue, key: str) -> None:
    assert await store.run(SWAP, [key], ["first", 60_000]) == [None, 60_000, 1]
    assert await store.run(SWAP, [key], [b"second", 60_000]) == [b"first", 60_000, 1]
    assert await store.get(key) == b"second"


async def test_a_script_that_fails_is_an_error_with_a_code_not_a_retry(store: KeyValue, key: str) -> None:
    with pytest.raises(DaraaError) as failed:
        await store.run(Script("return redis.call('INCR', KEYS[1], 'too', 'many')"), [key])
    assert failed.value.code == "redis.command.refused"
    assert not failed.value.retryable
