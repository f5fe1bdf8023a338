"""Identities: which account a phone or address belongs to, unique by key even when accounts are sharded."""

from enum import StrEnum
from typing import Annotated

from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    KeyedBy,
    NotCached,
    Personal,
    Ref,
)


class IdentityKind(StrEnum):
    """What a person proves to own."""

    PHONE = "phone"
    EMAIL = "email"


class Identity(Document):
    id: Annotated[str, KeyedBy("kind and value, as in phone:+963…"), Personal]
    kind: IdentityKind
    account_id: Annotated[Id, Ref("accounts")]


IDENTITIES = Collection(
    Identity,
    name="identities",
    purpose="The claim of one account on one phone number or address; the key keeps it unique.",
    prefix="",
    indexes=(Index("account_id", serves="the identities of an account"),),
    retention=Keep(because="it lives as long as its account; a change of number removes the old claim"),
    cache=NotCached(because="it decides who may enter"),
    access=Access(app="find insert remove"),
    shard_key=("id",),
)
