"""Uploads that somebody began and never completed, made by hand in any kind of object store."""

from pathlib import Path

from daraa.stores.objects import FolderTarget, S3Target
from servers.s3 import client_of


def begin_upload(target: FolderTarget | S3Target, key: str, content: bytes = b"half of it") -> None:
    """What a killed writer leaves: a part of an object, and no object."""
    if isinstance(target, FolderTarget):
        path = target.path / f"{key}#1"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    client, words = client_of(target), {"Bucket": target.bucket, "Key": f"{target.prefix}/{key}"}
    upload = client.create_multipart_upload(**words)["UploadId"]
    client.upload_part(**words, UploadId=upload, PartNumber=1, Body=content)


def left_on(target: FolderTarget | S3Target, key: str) -> int:
    """How many unfinished uploads there are under exactly this key, asked with another client than ours."""
    if isinstance(target, FolderTarget):
        return len(list((target.path / key).parent.glob(f"{Path(key).name}#*")))
    name = f"{target.prefix}/{key}"
    return len(client_of(target).list_multipart_uploads(Bucket=target.bucket, Prefix=name).get("Uploads", []))
