"""Places for objects are checked before anything connects, and never carry keys."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import load_settings
from daraa.stores.objects import FolderTarget, S3Target, objects_target, parse_target

KEYS = {"access_key": SecretStr("AKIA"), "secret_key": SecretStr("hunter2")}


@pytest.mark.parametrize("address", ["/srv/objects", "file:///srv/objects"])
def test_a_folder_may_be_written_either_way(address: str) -> None:
    assert parse_target(address) == FolderTarget(Path("/srv/objects"))


def test_a_bucket_with_a_prefix_is_read_whole() -> None:
    target = parse_target("s3://backups/daraa/live/", endpoint="https://s3.example:9000", region="eu-1", **KEYS)
    assert isinstance(target, S3Target)
    assert (target.bucket, target.prefix, target.region) == ("backups", "daraa/live", "eu-1")
    assert "hunter2" not in repr(target)


@pytest.mark.parametrize(
    "address",
    [
        *("", "objects", "./objects", "~/objects", "http://host/bucket", "file://host/x"),
        *("s3://", "s3://ab", "s3://Upper/x", "s3://user:hunter2@bucket/x", "s3://bucket/../x", "s3://bucket?x=1"),
        *("s3://[bucket/x", "s3://user:hunter2@[bucket/x"),
    ],
)
def test_a_wrong_place_is_refused_with_a_way_to_mend_it(address: str) -> None:
    with pytest.raises(DaraaError) as refused:
        parse_target(address, **KEYS)
    assert refused.value.code == "objects.target.invalid"
    assert refused.value.hint
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint", ["", "host:9000", "ftp://host", "http://", "http://a:b@host", "http://host:x", "http://host/path"]
)
def test_a_wrong_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(DaraaError, match="endpoint"):
        parse_target("s3://bucket", endpoint=endpoint, **KEYS)


def test_a_bucket_without_keys_is_refused() -> None:
    with pytest.raises(DaraaError, match="key pair"):
        parse_target("s3://bucket")


def test_without_a_word_objects_lie_in_the_home_folder(tmp_path: Path) -> None:
    assert objects_target(load_settings({"DARAA_HOME": str(tmp_path)})) == FolderTarget(tmp_path / "objects")


def test_a_buckets_keys_come_from_secret_files(tmp_path: Path) -> None:
    env = {"DARAA_HOME": str(tmp_path), "DARAA_OBJECTS_URL": "s3://backups/x"}
    with pytest.raises(DaraaError, match="s3_access_key_id"):
        objects_target(load_settings(env))
    (tmp_path / "secrets").mkdir()
    for name in ("s3_access_key_id", "s3_secret_access_key"):
        (tmp_path / "secrets" / name).write_text(f"{name}-content\n")
        (tmp_path / "secrets" / name).chmod(0o600)
    target = objects_target(load_settings(env))
    assert isinstance(target, S3Target)
    assert target.secret_key.get_secret_value() == "s3_secret_access_key-content"
    assert target.endpoint is None
