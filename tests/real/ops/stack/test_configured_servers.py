"""Servers whose addresses are configured are used, and none of the embedded ones is started in their place."""

import shutil
from pathlib import Path

import pytest

from servers.mongo import MongoServer
from servers.platform import nothing_is_left, platform, run_once
from servers.redis import RedisServer


def _give_secret(home: Path, name: str, text: str) -> None:
    path = home / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text)


@pytest.mark.slow
def test_a_configured_database_and_redis_are_used_instead_of_embedded_ones(
    tmp_path: Path, settings: dict[str, str], mongo_server: MongoServer, redis_server: RedisServer
) -> None:
    home = tmp_path / "state"
    _give_secret(home, f"mongo_{mongo_server.admin_user}", mongo_server.admin_password)
    _give_secret(home, f"redis_{redis_server.user}", redis_server.password)
    redis_url = f"redis://{redis_server.host}:{redis_server.port}/0"
    configured = settings | {
        "DARAA_MONGO_URL": f"mongodb://{mongo_server.host}:{mongo_server.port}/?directConnection=true",
        "DARAA_MONGO_DATABASE": "configured",
        "DARAA_REDIS_CACHE_URL": redis_url,
        "DARAA_REDIS_STATE_URL": redis_url,
        "DARAA_PAYMENTS_URL": "https://pay.example.org",
        "DARAA_EMBEDDED_DEMO_PRODUCTS": "50",
    }
    run = run_once(home, configured)
    assert run.process.returncode == 0, run.text
    assert run.ready()["products"] == "50"
    assert set(run.pids()) == {"api 1", "worker"}
    assert f"DARAA_MONGO_URL is set: {configured['DARAA_MONGO_URL']} is used" in run.text
    assert f"DARAA_REDIS_CACHE_URL is set: {redis_url} is used" in run.text
    assert "DARAA_PAYMENTS_URL is set: https://pay.example.org is used" in run.text
    assert "Starting the stores." not in run.text
    assert not list((home / "mongo").iterdir())
    assert not list((home / "redis").iterdir())
    nothing_is_left(home, settings)


@pytest.mark.slow
def test_a_configured_database_that_does_not_answer_is_named_and_nothing_is_left(
    made_home: Path, settings: dict[str, str]
) -> None:
    nobody = settings["DARAA_EMBEDDED_MONGO_PORT"]
    url = f"mongodb://127.0.0.1:{nobody}/?directConnection=true"
    shutil.rmtree(made_home / "mongo")
    silent = {"DARAA_MONGO_URL": url, "DARAA_MONGO_SERVER_SELECTION_S": "2"}
    with platform(made_home, settings | silent, "--once") as started:
        assert started.ended(60) == 1
    assert f"DARAA_MONGO_URL is set: {url} is used" in started.text
    assert "no database server answers" in started.text
    assert "Traceback" not in started.text
    nothing_is_left(made_home, settings)
