"""Which address a bucket is asked under; nothing connects."""

from datetime import timedelta

import obstore
import pytest
from obstore.store import S3Store
from pydantic import SecretStr

from daraa.stores.objects import S3Objects, S3Target, open_objects

ASKED = [
    (None, "eu-west-3", "backups", "https://backups.s3.eu-west-3.amazonaws.com/"),
    (None, "us-east-1", "backups", "https://backups.s3.us-east-1.amazonaws.com/"),
    (None, "eu-west-3", "my.backups", "https://s3.eu-west-3.amazonaws.com/my.backups/"),
    (None, "cn-north-1", "backups", "https://backups.s3.cn-north-1.amazonaws.com.cn/"),
    ("https://s3.example:9000", "us-east-1", "backups", "https://s3.example:9000/backups/"),
    ("http://s3.example", "us-east-1", "my.backups", "http://s3.example/my.backups/"),
]


@pytest.mark.parametrize("variable", ["", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"])
@pytest.mark.parametrize(("endpoint", "region", "bucket", "address"), ASKED)
def test_a_bucket_is_asked_at_its_server_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, region: str, bucket: str, address: str, variable: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, "https://elsewhere.example")
    keys = {"access_key": SecretStr("AKIA"), "secret_key": SecretStr("hunter2")}
    opened = open_objects(S3Target(bucket=bucket, endpoint=endpoint, region=region, prefix="live", **keys))
    assert isinstance(opened, S3Objects)
    assert isinstance(opened._store, S3Store)
    assert obstore.sign(opened._store, "GET", "a/b", timedelta(minutes=1)).startswith(f"{address}live/a/b?")
    words = {"Bucket": bucket, "Key": "live/a/b"}
    assert opened.calls._client.generate_presigned_url("get_object", words).startswith(f"{address}live/a/b?")
