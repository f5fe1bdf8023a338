"""Which server the embedded run starts, and with which words."""

from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import load_settings
from daraa.stores.process import (
    DatabaseChoice,
    DatabaseKind,
    EmbeddedDatabase,
    EmbeddedRedis,
    RedisRole,
    choose_database,
    choose_redis,
    find_tool,
    kind_in,
    tools_folder,
)

PYTHON_SERVER = ("python", "-m", "secantus")


def built(tools: Path, version: str) -> str:
    program = tools / f"secantus-mdb-{version}" / "bin" / "secantusd-rs"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return str(program)


def path_with(*names: str):
    return lambda name: f"/usr/bin/{name}" if name in names else None


def test_a_mongod_on_path_comes_first(tmp_path: Path) -> None:
    built(tmp_path, "1.0")
    choice = choose_database(path_with("mongod", "secantusd-rs"), tmp_path, PYTHON_SERVER)
    assert choice == DatabaseChoice(DatabaseKind.MONGOD, ("/usr/bin/mongod",))


def test_the_rust_server_on_path_comes_before_the_one_in_the_tools_folder(tmp_path: Path) -> None:
    program = built(tmp_path, "1.0")
    assert choose_database(path_with("secantusd-rs"), tmp_path, PYTHON_SERVER).program == ("/usr/bin/secantusd-rs",)
    assert choose_database(path_with(), tmp_path, PYTHON_SERVER).program == (program,)


def test_the_python_server_is_the_last_resort(tmp_path: Path) -> None:
    choice = choose_database(path_with(), tmp_path, PYTHON_SERVER)
    assert choice == DatabaseChoice(DatabaseKind.SECANTUS_PY, PYTHON_SERVER)


def test_with_nothing_at_all_the_hint_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(DaraaError) as missing:
        choose_database(path_with(), tmp_path, None)
    assert missing.value.code == "process.database.missing"
    assert "make tools" in missing.value.hint


def test_a_kind_asked_for_is_never_replaced_by_another(tmp_path: Path) -> None:
    with pytest.raises(DaraaError, match="secantus-rs"):
        choose_database(path_with("mongod"), tmp_path, PYTHON_SERVER, DatabaseKind.SECANTUS_RS)
    choice = choose_database(path_with("mongod"), tmp_path, PYTHON_SERVER, DatabaseKind.SECANTUS_PY)
    assert choice.kind is DatabaseKind.SECANTUS_PY


def test_the_newest_version_wins_by_number_and_a_release_beats_its_beta(tmp_path: Path) -> None:
    for version in ("0.5.3-beta.9", "0.5.3-beta.196", "0.4.12"):
        built(tmp_path, version)
    assert "beta.196" in str(find_tool(tmp_path, "secantus-mdb", "secantusd-rs"))
    built(tmp_path, "0.5.3")
    assert "0.5.3/" in str(find_tool(tmp_path, "secantus-mdb", "secantusd-rs"))


def test_a_tool_that_cannot_be_run_is_not_found(tmp_path: Path) -> None:
    Path(built(tmp_path, "1.0")).chmod(0o644)
    assert find_tool(tmp_path, "secantus-mdb", "secantusd-rs") is None


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"DARAA_TOOLS": "/t", "XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/t"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/daraa/tools"),
        ({"HOME": "/h"}, "/h/.cache/daraa/tools"),
    ],
)
def test_the_tools_folder_follows_the_environment(env: dict[str, str], folder: str) -> None:
    assert tools_folder(env) == Path(folder)


def database(kind: DatabaseKind, folder: Path, **options) -> EmbeddedDatabase:
    return EmbeddedDatabase(DatabaseChoice(kind, ("server",)), folder, 27117, folder / "log", **options)


@pytest.mark.parametrize("kind", list(DatabaseKind))
def test_every_server_wants_a_login_and_stays_on_the_loopback_interface(kind: DatabaseKind, tmp_path: Path) -> None:
    argv = database(kind, tmp_path).argv()
    assert argv[0] == "server"
    assert "--auth" in argv
    assert argv[argv.index("--bind_ip" if kind is DatabaseKind.MONGOD else "--host") + 1] == "127.0.0.1"
    assert argv[argv.index("--port") + 1] == "27117"


@pytest.mark.parametrize("kind", [DatabaseKind.SECANTUS_RS, DatabaseKind.SECANTUS_PY])
def test_the_stand_ins_write_through_at_every_commit(kind: DatabaseKind, tmp_path: Path) -> None:
    assert "--sync-on-commit" in database(kind, tmp_path).argv()


def test_mongod_is_a_set_of_one_with_the_smallest_cache_it_takes(tmp_path: Path) -> None:
    argv = database(DatabaseKind.MONGOD, tmp_path, cache_mb=64).argv()
    assert argv[argv.index("--replSet") + 1] == "rs0"
    assert argv[argv.index("--keyFile") + 1] == str(tmp_path / "keyfile")
    assert argv[argv.index("--wiredTigerCacheSizeGB") + 1] == "0.25"


def test_mongod_ends_what_a_dead_process_left_open_soon_but_after_our_own_longest_transaction(tmp_path: Path) -> None:
    argv = database(DatabaseKind.MONGOD, tmp_path).argv()
    name, _, seconds = argv[argv.index("--setParameter") + 1].partition("=")
    settings = load_settings({"DARAA_HOME": str(tmp_path)})
    assert name == "transactionLifetimeLimitSeconds"
    assert max(settings.api.request_timeout_s, settings.mongo.write_timeout_s) < int(seconds) < 60


def test_the_kind_of_existing_data_is_recognised(tmp_path: Path) -> None:
    assert kind_in(tmp_path / "none") is None
    (tmp_path / "secantus-py").mkdir()
    assert kind_in(tmp_path) is None
    (tmp_path / "secantus-py" / "WiredTiger").write_text("x")
    assert kind_in(tmp_path) is DatabaseKind.SECANTUS_PY


def test_redis_from_the_system_comes_before_the_wheels(tmp_path: Path) -> None:
    assert choose_redis(path_with("redis-server"), tmp_path / "wheel") == "/usr/bin/redis-server"
    assert choose_redis(path_with(), tmp_path / "wheel") == str(tmp_path / "wheel")


def test_without_any_redis_one_line_says_what_to_install() -> None:
    with pytest.raises(DaraaError) as missing:
        choose_redis(path_with(), None)
    assert "apt-get install redis-server" in missing.value.hint
    assert "\n" not in missing.value.hint


def redis(role: RedisRole, folder: Path) -> EmbeddedRedis:
    return EmbeddedRedis("redis-server", role, folder, 6479, folder / "log")


def test_the_cache_may_forget_and_the_state_may_not(tmp_path: Path) -> None:
    cache = redis(RedisRole.CACHE, tmp_path).config("pw").splitlines()
    state = redis(RedisRole.STATE, tmp_path).config("pw").splitlines()
    assert {"maxmemory-policy allkeys-lru", "appendonly no"} <= set(cache)
    assert {"maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec"} <= set(state)


def test_a_redis_configuration_holds_no_password_and_nobody_without_one_gets_in(tmp_path: Path) -> None:
    config = redis(RedisRole.STATE, tmp_path).config("hunter2-and-more")
    assert "hunter2" not in config
    assert "user default off" in config
    assert "-@dangerous" in config
    assert "bind 127.0.0.1" in config.splitlines()


def test_a_folder_with_a_quote_or_a_space_cannot_break_the_configuration() -> None:
    config = redis(RedisRole.CACHE, Path('/a "b"/c')).config("pw")
    assert r'dir "/a \"b\"/c"' in config.splitlines()
    with pytest.raises(ValueError, match="control characters"):
        redis(RedisRole.CACHE, Path("/a\nrequirepass x")).config("pw")
