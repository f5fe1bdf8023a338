"""Audit logs: who did what to which thing and why, chained so that a missing row shows."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Database,
    Document,
    Expire,
    Id,
    Index,
    Moment,
    NotCached,
    Part,
    Personal,
    Ref,
    Unique,
    desc,
)

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


class AuditOutcome(StrEnum):
    """Whether the action was carried out."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"


class Change(Part):
    """One field before and after, as JSON text; secrets are redacted before they get here."""

    path: Annotated[str, StringConstraints(max_length=200)]
    before: Annotated[str | None, StringConstraints(max_length=2000), Personal] = None
    after: Annotated[str | None, StringConstraints(max_length=2000), Personal] = None


class AuditLog(Document):
    """`seq` counts within `stream` (the changed aggregate); `prev_hash` is the hash of the row before."""

    stream: Annotated[str, StringConstraints(max_length=120)]
    seq: Annotated[int, Field(ge=1)]
    actor_id: Annotated[Id | None, Ref("accounts")] = None
    action: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=100)]
    target_type: Annotated[str, StringConstraints(max_length=60)]
    target_id: Annotated[str, StringConstraints(max_length=120)]
    outcome: AuditOutcome = AuditOutcome.SUCCESS
    changes: Annotated[tuple[Change, ...], AtMost(50)] = ()
    reason: Annotated[str | None, StringConstraints(max_length=500)] = None
    request_id: str | None = None
    ip: Annotated[str | None, Personal] = None
    prev_hash: Digest | None = None
    hash: Digest
    expires_at: Moment | None = None


AUDIT_LOGS = Collection(
    AuditLog,
    name="audit_logs",
    purpose="One action of one person or job, with what it changed and why.",
    prefix="aud",
    database=Database.AUDIT,
    indexes=(
        Unique("stream", "seq", serves="an aggregate's audit chain in order"),
        Index("target_id", desc("id"), serves="what was done to a thing, newest first"),
        Index("actor_id", desc("id"), serves="what a person did, newest first"),
        Index("action", desc("id"), serves="every use of an action, newest first"),
    ),
    retention=Expire(by="expires_at", set_by="the monthly export, one year after creation"),
    cache=NotCached(because="evidence is read from where it lies"),
    access=Access(app="find insert", archiver="find update"),
    shard_key=("stream", "id"),
)
