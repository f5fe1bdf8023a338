"""Where objects are kept, checked before anything connects."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.stores.objects.errors import TARGET_INVALID
from daraa.stores.objects.keys import is_key

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """A folder on this machine; it is made when it is missing."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_absolute():
            raise _invalid(f"The folder {str(self.path)!r} depends on where the program starts.", "Give a full path.")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Target:
    """A bucket on an S3 server, and the folder in it (`prefix`, may be empty) under which all keys lie.

    With `as_of` it is read as it was at that moment, and not written. Without `endpoint` it is Amazon's.
    `request_within_s` bounds one request, `retry_within_s` all repeats of it.
    """

    bucket: str
    access_key: SecretStr
    secret_key: SecretStr
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    connect_within_s: float = 5.0
    request_within_s: float = 60.0
    retry_within_s: float = 60.0
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise _invalid(f"{self.bucket!r} is no bucket name.", "3 to 63 of a-z, 0-9, - and dot.")
        if self.prefix and not is_key(self.prefix):
            raise _invalid(f"{self.prefix!r} cannot be a folder in a bucket.", "Use names like backups/daraa.")
        if not self.access_key.get_secret_value() or not self.secret_key.get_secret_value():
            raise _invalid("The S3 server's key pair is empty.", "Put both keys into files of the secrets folder.")
        if self.endpoint is not None:
            _check_endpoint(self.endpoint)

    @property
    def server(self) -> str:
        """The server's address: always said, since libraries fill a missing one in from the environment."""
        if self.endpoint is not None:
            return self.endpoint
        return f"https://s3.{self.region}.amazonaws.com{'.cn' if self.region.startswith('cn-') else ''}"

    @property
    def by_host(self) -> bool:
        """Amazon wants the bucket in the host's name, unless a dot in it would not fit the certificate."""
        return self.endpoint is None and "." not in self.bucket


def parse_target(
    address: str,
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: SecretStr | None = None,
    secret_key: SecretStr | None = None,
) -> FolderTarget | S3Target:
    """`/a/folder`, `file:///a/folder` or `s3://bucket/prefix`; else `objects.target.invalid`. The rest is for S3."""
    shown = address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
    except ValueError:
        raise _no_place(shown) from None
    if not parts.scheme and address:
        return FolderTarget(Path(address))
    if parts.scheme == "file" and not parts.netloc:
        return FolderTarget(Path(parts.path))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and not parts.query:
        return S3Target(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=endpoint,
            region=region,
            access_key=access_key or SecretStr(""),
            secret_key=secret_key or SecretStr(""),
        )
    raise _no_place(shown)


def objects_target(settings: Settings) -> FolderTarget | S3Target:
    """Where the settings say objects are kept; without a word, in the folder `objects` of the home folder."""
    section = settings.objects
    if not section.url.startswith("s3:"):
        return parse_target(section.url or str(settings.home / "objects"))
    return parse_target(
        section.url,
        endpoint=section.endpoint or None,
        region=section.region,
        access_key=settings.secret("s3_access_key_id"),
        secret_key=settings.secret("s3_secret_access_key"),
    )


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        whole = bool(parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0))
    except ValueError:
        whole = False
    else:
        whole = whole and not parts.username and not parts.query and parts.path in ("", "/")
    if not whole:
        raise _invalid("The S3 endpoint is no address.", "Write https://host:port, without keys in it.")


def _no_place(shown: str) -> DaraaError:
    return _invalid(f"{shown!r} is no place for objects.", "Write a folder's full path, or s3://bucket/prefix.")


def _invalid(problem: str, mend: str) -> DaraaError:
    return DaraaError(TARGET_INVALID, problem, hint=mend)
