"""What is written about a backup, and the signature without which nothing written about it is believed.

Every such file is `{"body": {...}, "signature": "<hex>"}`. The signature is HMAC-SHA-256 over the kind of the file
and the canonical JSON of the body (sorted keys, no spaces, UTF-8), so that no file can stand in another's place.
"""

import hashlib
import hmac
import json
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import is_id
from daraa.kernel.time import to_milliseconds
from daraa.ops.backup.errors import MANIFEST_TAMPERED, MANIFEST_UNREADABLE
from daraa.stores.objects.keys import is_key

FORMAT: Literal[1] = 1
_HEX_64 = r"^[0-9a-f]{64}$"


def _of_backup(text: str) -> str:
    if not is_id(text, "bkp"):
        raise ValueError("not the id of a backup (bkp_<uuidv7>)")
    return text


def _object_name(text: str) -> str:
    if not is_key(text):
        raise ValueError("not a name that an object can have")
    return text


BackupId = Annotated[str, AfterValidator(_of_backup)]
Moment = Annotated[AwareDatetime, AfterValidator(to_milliseconds)]
Sha256 = Annotated[str, Field(pattern=_HEX_64)]
Count = Annotated[int, Field(ge=0)]
OplogTime = Annotated[str, Field(pattern=r"^[0-9]{1,12}:[0-9]{1,12}$")]
"""A place in the oplog, `seconds:increment`."""


class Signed(BaseModel):
    """A file of a repository; `kind` is signed with it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    kind: ClassVar[str]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ObjectPart(_Part):
    """One stored object: its name below `backups/<backup_id>/`; `sha256` is that of the bytes as stored."""

    name: Annotated[str, AfterValidator(_object_name)]
    documents: Count
    bytes_plain: Count
    bytes_stored: Count
    sha256: Sha256


class CollectionPart(_Part):
    """One collection; `content_hash` is the sum modulo 2**256 of the SHA-256 of each document's BSON (hex)."""

    database: Annotated[str, Field(min_length=1)]
    collection: Annotated[str, Field(min_length=1)]
    documents: Count
    bytes: Count
    content_hash: Sha256
    chunks: tuple[ObjectPart, ...]


class ServerSeen(_Part):
    """The database server that was copied: `kind` as the probe names it, and its version."""

    kind: str
    version: str


class Manifest(Signed):
    """One whole backup; written last, so that a backup without it is none. Times in UTC, sizes in bytes."""

    kind: ClassVar[str] = "manifest"

    format: Literal[1] = FORMAT
    backup_id: BackupId
    repository_id: str
    started_at: Moment
    finished_at: Moment
    tool_version: str
    server: ServerSeen
    prefix: Annotated[str, Field(min_length=1)]
    consistency: Literal["oplog", "none"]
    oplog_from: OplogTime | None = None
    oplog_to: OplogTime | None = None
    key_id: str
    wrapped_key: Annotated[str, Field(pattern=r"^[0-9a-f]+$")]
    collections: tuple[CollectionPart, ...]
    schema_part: ObjectPart
    oplog: tuple[ObjectPart, ...] = ()
    bytes_plain: Count
    bytes_stored: Count
    proofs: dict[str, str] = {}

    @property
    def documents(self) -> int:
        """Documents in all collections."""
        return sum(each.documents for each in self.collections)

    @property
    def seconds(self) -> float:
        """How long taking it lasted."""
        return (self.finished_at - self.started_at).total_seconds()


class Receipt(Signed):
    """One verification by restoring: what was compared, what differed (`findings`), how long the restore took."""

    kind: ClassVar[str] = "receipt"

    format: Literal[1] = FORMAT
    receipt_id: Annotated[str, AfterValidator(_object_name)]
    backup_id: BackupId
    manifest_sha256: Sha256
    at: Moment
    ok: bool
    seconds: Annotated[float, Field(ge=0)]
    findings: tuple[str, ...] = ()
    collections: Count = 0
    documents: Count = 0
    indexes: Count = 0
    validators: Count = 0
    objects: Count = 0
    proofs: dict[str, str] = {}
    restored: bool = True
    tool_version: str


class Tombstone(Signed):
    """The announcement that a backup will be deleted; nothing is, before the grace after `at` is over."""

    kind: ClassVar[str] = "tombstone"

    format: Literal[1] = FORMAT
    backup_id: BackupId
    manifest_sha256: Sha256 | None
    at: Moment
    reason: str
    tool_version: str


class RepositoryMark(Signed):
    """`repository.json`: written when the repository is first used, and never again."""

    kind: ClassVar[str] = "repository"

    format: Literal[1] = FORMAT
    repository_id: str
    created_at: Moment
    key_id: str


S = TypeVar("S", bound=Signed)


def sign(model: Signed, key: bytes) -> bytes:
    """The file to store: the model and its signature under the signing key."""
    body = model.model_dump(mode="json")
    return _canonical({"body": body, "signature": _signature(model.kind, body, key)})


def open_signed(content: bytes, key: bytes, expected: type[S]) -> S:
    """The model in a file; the signature is checked before the content is believed.

    Raises `backup.manifest.unreadable` for what is no such file, `backup.manifest.tampered` for a wrong signature
    (which a wrong key gives too: compare `peek_key_id` with one's own).
    """
    body, signature = _envelope(content, expected.kind)
    if not hmac.compare_digest(signature, _signature(expected.kind, body, key)):
        raise DaraaError(
            MANIFEST_TAMPERED,
            f"This {expected.kind} does not match its signature.",
            hint="It was changed, or written under another key. Do not use it; verify the other copies.",
        )
    try:
        return expected.model_validate_json(_canonical(body))
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_url=False)[0]["loc"])
        problem = f"{where or 'its content'} is not as this version of Daraa writes it"
        raise _unreadable(expected.kind, problem) from None


def peek_key_id(content: bytes) -> str | None:
    """The id of the key that a manifest claims, unproven: tells a foreign key from a changed file."""
    try:
        found = _envelope(content, Manifest.kind)[0].get("key_id")
    except DaraaError:
        return None
    return found if isinstance(found, str) else None


def sha256_of(content: bytes) -> str:
    """SHA-256 in hex, as receipts and tombstones name a manifest file."""
    return hashlib.sha256(content).hexdigest()


def _signature(kind: str, body: dict[str, Any], key: bytes) -> str:
    return hmac.new(key, b"daraa-backup-" + kind.encode() + b"-1\n" + _canonical(body), hashlib.sha256).hexdigest()


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _envelope(content: bytes, kind: str) -> tuple[dict[str, Any], str]:
    try:
        whole = json.loads(content.decode(), parse_constant=_no_number)
        # A lone surrogate is valid JSON and no text: refused here rather than when it is signed.
        _canonical(whole)
    except (ValueError, RecursionError):
        raise _unreadable(kind, "it is not JSON") from None
    if not isinstance(whole, dict) or set(whole) != {"body", "signature"}:
        raise _unreadable(kind, "it has no body with a signature")
    body, signature = whole["body"], whole["signature"]
    if not isinstance(body, dict) or not isinstance(signature, str) or not signature.isascii():
        raise _unreadable(kind, "it has no body with a signature")
    return body, signature


def _no_number(text: str) -> float:
    raise ValueError(text)


def _unreadable(kind: str, problem: str) -> DaraaError:
    return DaraaError(
        MANIFEST_UNREADABLE,
        f"This {kind} cannot be read: {problem}.",
        hint="It may be cut off, or from a newer version of Daraa. It counts as no backup.",
    )
