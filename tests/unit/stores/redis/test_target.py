"""Addresses of Redis are checked before anything connects, and never carry a password."""

from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import load_settings
from daraa.stores.redis import RedisTarget, redis_target
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


def home_with(tmp_path: Path, **secrets: str) -> dict[str, str]:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    for name, content in secrets.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    return {"DARAA_HOME": str(tmp_path)}


def test_without_any_address_each_role_is_its_embedded_server(tmp_path: Path) -> None:
    settings = load_settings(home_with(tmp_path, redis_daraa="hunter2"))
    cache, state = redis_target(settings, "cache", deadline_s=0.15), redis_target(settings, "state")
    assert (cache.address, state.address) == (("127.0.0.1", 6479), ("127.0.0.1", 6480))
    assert (cache.deadline_s, state.deadline_s) == (0.15, 15)
    assert cache.user == "daraa"
    assert cache.password is not None
    assert cache.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(cache)


def test_sentinels_come_before_addresses_and_each_role_has_its_master(tmp_path: Path) -> None:
    env = home_with(tmp_path, redis_daraa="data", redis_sentinel="watch")
    env |= {"DARAA_REDIS_SENTINELS": "a:1,b:2", "DARAA_REDIS_CACHE_URL": "redis://elsewhere"}
    target = redis_target(load_settings(env), "cache")
    assert (target.sentinels, target.master, target.address) == ((("a", 1), ("b", 2)), "daraa-cache", None)
    assert target.sentinel_password is not None
    assert target.sentinel_password.get_secret_value() == "watch"


def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DaraaError, match="redis_daraa"):
        redis_target(load_settings(home_with(tmp_path)), "state")
