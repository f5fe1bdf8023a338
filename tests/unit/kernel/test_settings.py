"""Settings: a senseless, unknown or secret-carrying one stops the program with a message that names it."""

from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings, describe, load_settings, read_secret


def test_every_setting_has_a_sentence_and_an_environment_variable_of_its_own() -> None:
    items = list(describe(Settings()))
    assert len({item.env for item in items}) == len(items)
    for item in items:
        assert item.sentence.endswith("."), item.env
        assert item.env.startswith("DARAA_"), item.env


def test_a_figure_that_differs_from_the_plan_says_why() -> None:
    differing = {"DARAA_MONGO_SERVER_SELECTION_S", "DARAA_MONGO_READ_PREFERENCE"}
    reasons = {item.env: item.why for item in describe(Settings())}
    assert all(reasons[env] for env in differing)


def test_a_variable_sets_its_setting() -> None:
    settings = load_settings({"DARAA_API_PORT": "8123", "DARAA_MONGO_POOL_MAX": "7", "PATH": "/bin"})
    assert (settings.api.port, settings.mongo.pool_max) == (8123, 7)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DARAA_API_PORT", "high", "DARAA_API_PORT is not valid"),
        ("DARAA_API_PORT", "40000", "less than or equal to 32767"),
        ("DARAA_API_PROT", "8000", "Did you mean DARAA_API_PORT"),
        ("DARAA_MONGO_POOL_MAX", "0", "greater than or equal to 1"),
        ("DARAA_MONGO_DATABASE", "Bad Name", "DARAA_MONGO_DATABASE"),
        ("DARAA_LOG_LEVEL", "loud", "DARAA_LOG_LEVEL"),
        ("DARAA_MONGO_URL", "mongodb://root:hunter2@db/", "carries a user or password"),
        ("DARAA_REDIS_CACHE_URL", "redis://:hunter2@cache:6379/0", "carries a user or password"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_leaked(name: str, value: str, said: str) -> None:
    with pytest.raises(DaraaError) as caught:
        load_settings({name: value})
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "content", "said"),
    [(0o644, "x", "open to others"), (0o600, " \n", "empty"), (0o600, None, "cannot be read")],
)
def test_a_secret_that_cannot_be_trusted_is_refused(tmp_path: Path, mode: int, content: str | None, said: str) -> None:
    path = tmp_path / "mongo_daraa_app"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(DaraaError, match=said):
        read_secret(path)


def test_a_secret_is_read_without_its_line_end_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "cursor_key"
    path.write_text("s3cr3t\n")
    path.chmod(0o600)
    secret = read_secret(path)
    assert secret.get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in repr(secret)
