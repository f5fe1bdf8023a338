"""Addresses: where a customer has things delivered; orders keep a full copy, so these may change."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Note, Phone
from daraa.declare import (
    Access,
    Collection,
    Document,
    Geo,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Personal,
    Point,
    Ref,
    Unique,
    desc,
)


class AddressKind(StrEnum):
    """What an address is to its owner."""

    HOME = "home"
    WORK = "work"
    OTHER = "other"


class Address(Document):
    owner_id: Annotated[Id, Ref("accounts")]
    label: Annotated[str, StringConstraints(max_length=100)]
    kind: AddressKind = AddressKind.HOME
    recipient: Annotated[str, Personal]
    phone: Annotated[Phone, Personal]
    city: str
    area: str | None = None
    street: Annotated[str | None, Personal] = None
    building: Annotated[str | None, Personal] = None
    landmark: Annotated[str | None, Personal] = None
    instructions: Annotated[Note | None, Personal] = None
    location: Annotated[Point | None, Personal] = None
    zone_id: Annotated[Id | None, Ref("delivery_zones")] = None
    is_default: bool = False
    is_active: bool = True
    last_used_at: Moment


IN_USE = Is("is_active", True)

ADDRESSES = Collection(
    Address,
    name="addresses",
    purpose="One place to which a customer has things delivered, with its zone.",
    prefix="adr",
    indexes=(
        Index("owner_id", desc("last_used_at"), only=IN_USE, serves="an owner's addresses, last used first"),
        Unique("owner_id", only=Is("is_default", True), serves="an owner's default address"),
        Geo("location", serves="addresses inside an area"),
    ),
    retention=Keep(because="its owner removes it; a removed one is inactive until the account is erased"),
    cache=NotCached(because="it is read once a checkout and personal"),
    access=Access(app="find insert update"),
    shard_key=("owner_id",),
)
