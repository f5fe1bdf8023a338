"""Accounts: the login identity of every person; its state gates every token."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Currency, Locale, Note, Phone
from daraa.declare import (
    Access,
    All,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Personal,
    Present,
    Ref,
    Secret,
    Unique,
    desc,
)


class AccountStatus(StrEnum):
    """Whether a person may use the platform."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Role(StrEnum):
    """The surfaces that an account may enter; finer rights come from profiles and memberships."""

    CUSTOMER = "customer"
    STORE_OWNER = "store_owner"
    COURIER = "courier"
    ADMIN = "admin"


class Account(Document):
    phone: Annotated[Phone, Personal]
    phone_verified_at: Moment | None = None
    email: Annotated[str | None, Personal, StringConstraints(max_length=254)] = None
    full_name: Annotated[str, Personal, StringConstraints(max_length=120)]
    password_hash: Annotated[str | None, Secret] = None
    roles: Annotated[tuple[Role, ...], AtMost(4)] = (Role.CUSTOMER,)
    status: AccountStatus = AccountStatus.ACTIVE
    suspended_by: Annotated[Id | None, Ref("accounts")] = None
    suspended_until: Moment | None = None
    suspension_reason: Note | None = None
    locale: Locale = Locale.AR
    default_currency: Currency
    last_login_at: Moment | None = None


SUSPENDED = Is("status", AccountStatus.SUSPENDED)

ACCOUNTS = Collection(
    Account,
    name="accounts",
    purpose="One person's login identity: phone, roles, and the state that gates every token.",
    prefix="acc",
    indexes=(
        Unique("phone", serves="an account by its phone"),
        Index("status", desc("id"), serves="accounts of a state, newest first"),
        Index("suspended_until", only=All(SUSPENDED, Present("suspended_until")), serves="suspensions by their end"),
    ),
    retention=Keep(because="orders and the ledger refer to it; a closed account is emptied of personal data"),
    cache=NotCached(because="it decides who may enter"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
