"""Addresses of Redis are checked before anything connects, and never carry a password."""

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.redis import RedisTarget
from daraa.stores.redis.target import parse_sentinels


def test_a_plain_address_gets_the_usual_port_and_database() -> None:
    target = RedisTarget.from_url("redis://cache.internal")
    assert (target.address, target.database, target.tls) == (("cache.internal", 6379), 0, False)


def test_a_full_address_is_read_whole() -> None:
    target = RedisTarget.from_url("rediss://daraa@[::1]:6480/3", deadline_s=1.0)
    assert (target.address, target.database, target.tls, target.user) == (("::1", 6480), 3, True, "daraa")
    assert target.deadline_s == 1.0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://localhost:6379",
        "redis://",
        "redis://host:seventy",
        "redis://host:99999",
        "redis://host/zero",
        "redis://host?db=1",
        "redis://user:hunter2@host",
    ],
)
def test_a_wrong_address_is_refused_with_a_way_to_mend_it(url: str) -> None:
    with pytest.raises(DaraaError) as refused:
        RedisTarget.from_url(url)
    assert refused.value.code == "redis.target.invalid"
    assert refused.value.hint
    assert "hunter2" not in str(refused.value)


def test_sentinels_need_the_name_of_their_master() -> None:
    with pytest.raises(DaraaError, match="name of the master"):
        RedisTarget(sentinels=(("a", 1),))


def test_an_address_beside_sentinels_is_refused() -> None:
    with pytest.raises(DaraaError, match="either"):
        RedisTarget(address=("a", 1), sentinels=(("a", 1),), master="m")


@pytest.mark.parametrize("field", ["connect_within_s", "answer_within_s", "deadline_s", "max_connections"])
def test_a_time_or_a_number_of_zero_is_refused(field: str) -> None:
    with pytest.raises(DaraaError, match="above zero"):
        RedisTarget(address=("a", 1), **{field: 0})


def test_sentinel_addresses_may_leave_the_port_out() -> None:
    assert parse_sentinels(["a:1", " b ", "[::1]:5"]) == (("a", 1), ("b", 26379), ("::1", 5))


@pytest.mark.parametrize("address", ["", "a:b", "redis://a", "u@a", "a:70000"])
def test_a_wrong_sentinel_address_is_refused(address: str) -> None:
    with pytest.raises(DaraaError) as refused:
        parse_sentinels([address])
    assert refused.value.code == "redis.target.invalid"
