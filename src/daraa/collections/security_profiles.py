"""Security profiles: failed logins, lockout and the epoch that kills every token of an account at once."""

from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    KeyedBy,
    Moment,
    NotCached,
    Part,
    Personal,
    Present,
    Ref,
    Secret,
)


class Login(Part):
    """One attempt to log in; only the latest are kept here, the rest goes to user activities."""

    at: Moment
    succeeded: bool
    ip: Annotated[str, Personal]
    device: Annotated[str | None, Personal, StringConstraints(max_length=200)] = None


class SecurityProfile(Document):
    id: Annotated[Id, KeyedBy("the account's id"), Ref("accounts")]
    token_epoch: Count = 0
    mfa_enabled: bool = False
    mfa_secret: Annotated[str | None, Secret] = None
    failed_count: Count = 0
    locked_until: Moment | None = None
    logins: Annotated[tuple[Login, ...], AtMost(20)] = ()


SECURITY_PROFILES = Collection(
    SecurityProfile,
    name="security_profiles",
    purpose="How safe one account is: failed logins, lockout, second factor and the epoch of its tokens.",
    prefix="",
    indexes=(Index("locked_until", only=Present("locked_until"), serves="locked accounts by the end of the lock"),),
    retention=Keep(because="it lives as long as its account"),
    cache=NotCached(because="it decides whether a token still holds"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
