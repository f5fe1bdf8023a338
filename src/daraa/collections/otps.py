"""One-time passwords: one live code per phone and purpose, bounded in tries, useless after its time."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Expire,
    KeyedBy,
    Moment,
    NotCached,
    Personal,
    Secret,
)


class OtpPurpose(StrEnum):
    """What a code lets its owner do."""

    LOGIN = "login"
    REGISTRATION = "registration"
    FORGOT_PASSWORD = "forgot-password"  # noqa: S105 — the plan's word for a purpose, no password
    CHANGE_PHONE = "change-phone"


class Otp(Document):
    """The code dies at `valid_until`; the document stays until `expires_at`, for the sends of its last hour count."""

    id: Annotated[str, KeyedBy("a keyed hash of phone and purpose")]
    purpose: OtpPurpose
    code_hash: Annotated[str, Secret]
    tries: Annotated[int, Field(ge=0, le=5)] = 0
    sent_at: Moment
    recent_sends: Annotated[tuple[Moment, ...], AtMost(5)] = ()
    valid_until: Moment
    used_at: Moment | None = None
    ip: Annotated[str, Personal]
    expires_at: Moment


OTPS = Collection(
    Otp,
    name="otps",
    purpose="The live one-time code of one phone for one purpose, as a keyed hash, with its tries.",
    prefix="",
    retention=Expire(by="expires_at"),
    cache=NotCached(because="a code counts once"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
