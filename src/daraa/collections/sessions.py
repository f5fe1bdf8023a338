"""Sessions: one per device; refresh tokens rotate, and one used twice betrays a thief."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    Moment,
    NotCached,
    Personal,
    Present,
    Ref,
    Secret,
    Unique,
    desc,
)


class LoginWay(StrEnum):
    """What somebody proved to get in: that they hold the telephone, or that they know the password."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - a way of logging in, no password


class Session(Document):
    """`by` decides what its tokens may do: who only holds a telephone number gets no admin rights."""

    account_id: Annotated[Id, Ref("accounts")]
    by: LoginWay | None = None
    refresh_hash: Annotated[str, Secret]
    used_refresh_hash: Annotated[str | None, Secret] = None
    token_epoch: Count
    device: Annotated[str | None, Personal, StringConstraints(max_length=200)] = None
    ip: Annotated[str, Personal]
    last_seen_at: Moment
    revoked_at: Moment | None = None
    expires_at: Moment


SESSIONS = Collection(
    Session,
    name="sessions",
    purpose="One device's login: the hash of its refresh token and of the one before, until it expires.",
    prefix="ses",
    indexes=(
        Unique("refresh_hash", serves="a session by its refresh token"),
        Index("used_refresh_hash", only=Present("used_refresh_hash"), serves="a session by a token already used"),
        Index("account_id", desc("id"), serves="an account's sessions, newest first"),
    ),
    retention=Expire(by="expires_at"),
    cache=NotCached(because="it decides who may enter"),
    access=Access(app="find insert update"),
    shard_key=("account_id", "id"),
)
