"""The few questions about a bucket that obstore has no calls for: unfinished uploads, object lock, older versions.

Asked with botocore, which signs them as AWS does and knows its way through pages; it is blocking, so in threads.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.errors import REFUSED, UNAVAILABLE
from daraa.stores.objects.interface import ObjectInfo, ObjectLock, Unfinished, UnfinishedSeen
from daraa.stores.objects.keys import is_key
from daraa.stores.objects.target import S3Target

T = TypeVar("T")
PROBE = "probe-of-unfinished-uploads"
"""The key under which an upload is begun and aborted, to see whether the server shows such uploads at all."""
_MOST = 10_000
_PROBE_HIDDEN = "The server does not show unfinished uploads by their folder; have it abort those after a day itself."
_PARTLY = "The server shows only what was begun since it started; have it abort unfinished uploads after a day itself."
_NOT_ALLOWED = "These credentials may not list unfinished uploads (s3:ListBucketMultipartUploads)."
_NOT_TRIED = "There are none to see, and these credentials may not begin one to try whether the server shows any."
_LACKING = "The server cannot list unfinished uploads; have it abort those after a day itself."
_TOO_MANY = f"There are more than {_MOST:,} unfinished uploads; run it again after these."

_DENIED = {"AccessDenied", "AllAccessDisabled"}
_WRONG_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_UNSUPPORTED = {"NotImplemented", "MethodNotAllowed", "501", "405", "XNotImplemented"}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, or (`gone`) the mark that it was deleted; `size` in bytes."""

    key: str
    version: str
    at: datetime
    size: int = 0
    gone: bool = False


Marker = dict[str, str]
"""Where the next page of versions begins; empty: there is none."""


class BucketCalls:
    """Calls to the bucket of a target; keys are those of the object store, below the target's prefix."""

    def __init__(self, target: S3Target) -> None:
        self._target = target
        self._root = f"{target.prefix}/" if target.prefix else ""

    async def list_unfinished(self, prefix: str) -> UnfinishedSeen:
        """See `ObjectStore.list_unfinished`. An empty answer is believed only when an upload begun now is in it."""
        return await self._ask(lambda: self._list_unfinished(f"{self._root}{prefix}/"))

    async def abort(self, upload: Unfinished) -> None:
        """See `ObjectStore.abort_unfinished`; `objects.server.refused` without the right to."""
        await self._ask(lambda: self._abort(self._root + upload.key, upload.upload))

    async def object_lock(self) -> ObjectLock | None:
        """See `ObjectStore.object_lock`."""
        return await self._ask(self._object_lock)

    async def objects(self, prefix: str, after: str) -> list[ObjectInfo]:
        """A page of the objects whose keys begin with `prefix`, whatever else is in them; none after the last one."""
        return await self._ask(lambda: self._objects(self._root + prefix, after))

    async def versions(self, prefix: str, after: Marker) -> tuple[list[Version], Marker]:
        """A page of versions of the keys that begin with `prefix`, sorted by key; and where to go on."""
        return await self._ask(lambda: self._versions(self._root + prefix, after))

    async def _ask(self, question: Callable[[], T]) -> T:
        def asked() -> T:
            with _named_errors(self._target.bucket):
                return question()

        return await asyncio.to_thread(asked)

    def _list_unfinished(self, folder: str) -> UnfinishedSeen:
        try:
            found, at = self._pages(folder)
        except Exception as error:
            code = _code(error)
            if code in _DENIED or code in _UNSUPPORTED:
                return UnfinishedSeen((), datetime.now(UTC), _NOT_ALLOWED if code in _DENIED else _LACKING)
            raise
        probe = folder + PROBE
        unknown = "" if found else self._why_nothing_is_shown(folder, probe)
        if unknown == _PARTLY:
            found, at = self._pages("")
        ours = [each for each in found if each["Key"].startswith(folder) and each["Key"] != probe]
        uploads = (self._unfinished(each) for each in ours if is_key(each["Key"].removeprefix(self._root)))
        if len(found) >= _MOST:
            unknown = _TOO_MANY
        return UnfinishedSeen(tuple(sorted(uploads, key=lambda each: each.begun_at)), at, unknown)

    def _why_nothing_is_shown(self, folder: str, probe: str) -> str:
        """Nothing where a probe that is begun now is shown too; else the reason why others would not be."""
        left, _ = self._pages(probe)  # by an account that may begin one but not abort it
        begun = left[0]["UploadId"] if left else None
        if begun is None:
            try:
                begun = self._client.create_multipart_upload(Bucket=self._target.bucket, Key=probe)["UploadId"]
            except Exception as error:
                if _code(error) in _DENIED:
                    return _NOT_TRIED
                raise
        try:
            for scope, unknown in ((folder, ""), ("", _PARTLY)):
                if any(each["UploadId"] == begun for each in self._pages(scope)[0]):
                    return unknown
            return _PROBE_HIDDEN
        finally:
            with suppress(Exception):  # without the right to abort the one probe stays, and is used again
                self._abort(probe, begun)

    def _pages(self, prefix: str) -> tuple[list[dict[str, Any]], datetime]:
        """What is listed, and the server's time; it ends where a server does not move on."""
        found: list[dict[str, Any]] = []
        at, marker = datetime.now(UTC), {"KeyMarker": "", "UploadIdMarker": ""}
        while True:
            page = self._client.list_multipart_uploads(Bucket=self._target.bucket, Prefix=prefix, **marker)
            with suppress(KeyError, ValueError):
                at = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
            found += page.get("Uploads", [])
            after = {"KeyMarker": page.get("NextKeyMarker", ""), "UploadIdMarker": page.get("NextUploadIdMarker", "")}
            if not page.get("IsTruncated") or after == marker or len(found) >= _MOST:
                return found, at
            marker = after

    def _unfinished(self, listed: dict[str, Any]) -> Unfinished:
        key = listed["Key"].removeprefix(self._root)
        return Unfinished(key, listed["UploadId"], listed["Initiated"].astimezone(UTC))

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._target.bucket, Key=key, UploadId=upload)
        except Exception as error:
            if _code(error) != "NoSuchUpload":
                raise

    def _objects(self, prefix: str, after: str) -> list[ObjectInfo]:
        words = {"StartAfter": self._root + after} if after else {}
        page = self._client.list_objects_v2(Bucket=self._target.bucket, Prefix=prefix, **words)
        return [
            ObjectInfo(each["Key"].removeprefix(self._root), each["Size"], each["LastModified"].astimezone(UTC))
            for each in page.get("Contents", [])
        ]

    def _versions(self, prefix: str, after: Marker) -> tuple[list[Version], Marker]:
        words = {**after, "KeyMarker": self._root + after["KeyMarker"]} if after else {}
        page = self._client.list_object_versions(Bucket=self._target.bucket, Prefix=prefix, **words)
        found = [
            Version(
                each["Key"].removeprefix(self._root),
                each["VersionId"],
                each["LastModified"].astimezone(UTC),
                each.get("Size", 0),
                gone,
            )
            for kind, gone in (("Versions", False), ("DeleteMarkers", True))
            for each in page.get(kind, [])
        ]
        following = {"KeyMarker": page.get("NextKeyMarker", "").removeprefix(self._root)}
        if page.get("NextVersionIdMarker"):
            following["VersionIdMarker"] = page["NextVersionIdMarker"]
        goes_on = page.get("IsTruncated") and following["KeyMarker"] and following != after
        return sorted(found, key=lambda each: each.key), following if goes_on else {}

    def _object_lock(self) -> ObjectLock | None:
        try:
            answer = self._client.get_object_lock_configuration(Bucket=self._target.bucket)
        except Exception as error:
            code = _code(error)
            if code == "ObjectLockConfigurationNotFoundError":
                return ObjectLock(0)
            if code in _DENIED or code in _UNSUPPORTED:
                return None
            raise
        rule = answer["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
        return ObjectLock(rule.get("Days", 0) + 365 * rule.get("Years", 0), rule.get("Mode", ""))

    @cached_property
    def _client(self) -> Any:
        """Made at the first question: importing botocore and its description of S3 takes a moment."""
        from botocore.config import Config
        from botocore.session import Session

        target = self._target
        # Nothing but the target counts: no profile or file of the user that runs us.
        nothing = (None, None, None, None)
        session = Session({"profile": nothing, "config_file": nothing, "credentials_file": nothing})
        return session.create_client(
            "s3",
            region_name=target.region,
            endpoint_url=target.server,
            aws_access_key_id=target.access_key.get_secret_value(),
            aws_secret_access_key=target.secret_key.get_secret_value(),
            config=Config(
                connect_timeout=target.connect_within_s,
                read_timeout=min(target.request_within_s, target.retry_within_s),
                retries={"total_max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": "virtual" if target.by_host else "path"},
                request_checksum_calculation="when_required",
            ),
        )


def _code(error: Exception) -> str:
    """The server's word for what is wrong; empty when it said nothing."""
    answer = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", ""))


@contextmanager
def _named_errors(bucket: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = _code(error)
        if code in _DENIED or code in _WRONG_KEYS:
            hint = "Compare the key pair and its rights."
            raise DaraaError(REFUSED, f"The object store does not let us at {bucket}: {code}.", hint=hint) from error
        raise DaraaError(
            UNAVAILABLE,
            f"The object store failed on {bucket}: {code or type(error).__name__}.",
            hint="Check that it can be reached and that the bucket exists.",
        ) from error
