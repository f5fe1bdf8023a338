"""Device tokens: where push messages go; a token belongs to one account and dies when unused."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Locale
from daraa.declare import (
    Access,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    Is,
    KeyedBy,
    Moment,
    NotCached,
    Ref,
    Secret,
)


class Platform(StrEnum):
    """What a device runs."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


class DeviceToken(Document):
    id: Annotated[str, KeyedBy("a hash of the token")]
    account_id: Annotated[Id, Ref("accounts")]
    token: Annotated[str, Secret]
    platform: Platform
    locale: Locale = Locale.AR
    is_live: bool = True
    dead_at: Moment | None = None
    last_seen_at: Moment


DEVICE_TOKENS = Collection(
    DeviceToken,
    name="device_tokens",
    purpose="One device to which push messages of an account go, until its provider calls it dead.",
    prefix="",
    indexes=(Index("account_id", only=Is("is_live", True), serves="an account's live devices"),),
    retention=Expire(by="last_seen_at", after=timedelta(days=90)),
    cache=NotCached(because="only the sender of messages reads it"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
