"""Admin profiles: what an employee of the platform may do, and up to which amount alone."""

from enum import StrEnum
from typing import Annotated

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    NotCached,
    Personal,
    Ref,
    Unique,
)
from daraa.kernel.money import Money


class AdminRole(StrEnum):
    """The usual sets of permissions; what counts is the list on the profile."""

    SUPER_ADMIN = "super_admin"
    ADMIN = "admin"
    MODERATOR = "moderator"
    SUPPORT = "support"


class Department(StrEnum):
    """Where an admin works."""

    OPERATIONS = "operations"
    CUSTOMER_SERVICE = "customer_service"
    FINANCE = "finance"
    MARKETING = "marketing"
    TECHNICAL = "technical"


class AdminProfile(Document):
    account_id: Annotated[Id, Ref("accounts")]
    role: AdminRole = AdminRole.SUPPORT
    department: Department | None = None
    permissions: Annotated[tuple[str, ...], AtMost(60)] = ()
    four_eyes_limit: Money
    allowed_networks: Annotated[tuple[Annotated[str, Personal], ...], AtMost(20)] = ()
    is_active: bool = True


WORKING = Is("is_active", True)

ADMIN_PROFILES = Collection(
    AdminProfile,
    name="admin_profiles",
    purpose="What one admin may do: role, permissions as `resource:action`, limit for money decided alone.",
    prefix="adm",
    indexes=(
        Unique("account_id", serves="an admin by account"),
        Index("role", "id", only=WORKING, serves="active admins of a role"),
        Index("permissions", "id", only=WORKING, serves="active admins who hold a permission"),
    ),
    retention=Keep(because="the audit log names admins; one who left is inactive"),
    cache=NotCached(because="it decides what an admin may do"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
