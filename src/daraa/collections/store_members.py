"""Store members: who works in which store; the membership check on this collection is what makes a tenant."""

from enum import StrEnum
from typing import Annotated

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Ref,
    Unique,
)


class MemberRole(StrEnum):
    """What somebody is in a store."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"


class MemberStatus(StrEnum):
    """Whether a membership holds."""

    INVITED = "invited"
    ACTIVE = "active"
    LEFT = "left"


class StoreMember(Document):
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    account_id: Annotated[Id, Ref("accounts")]
    role: MemberRole
    scopes: Annotated[tuple[str, ...], AtMost(20)] = ()
    status: MemberStatus = MemberStatus.INVITED
    invited_by: Annotated[Id | None, Ref("accounts")] = None


STORE_MEMBERS = Collection(
    StoreMember,
    name="store_members",
    purpose="One account's membership in one store: its role there and scopes as `resource:action`.",
    prefix="stm",
    indexes=(
        Unique("store_id", "account_id", serves="a member of a store by account"),
        Index("account_id", "status", serves="an account's memberships by state"),
    ),
    retention=Keep(because="the audit log names members; one who left stays as `left`"),
    cache=NotCached(because="it decides who may act for a store"),
    access=Access(app="find insert update"),
    shard_key=("store_id",),
)
