"""Inventories: how much of a variant is in one place; available stock cannot go below zero by construction."""

from typing import Annotated, Final

from pydantic import StringConstraints

from daraa.collections.parts import Count, Hold
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    KeyedBy,
    NotCached,
    Ref,
    Unique,
)

MAIN: Final = "main"
"""The place from which orders are served."""


class Inventory(Document):
    """`is_low`: what is not sold yet, available and held, is at or under `low_at`. A hold alone does not change it."""

    id: Annotated[str, KeyedBy("a hash of store, variant and place")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    product_id: Annotated[Id, Ref("products")]
    variant_id: Annotated[Id, Ref("product_variants")]
    place: Annotated[str, StringConstraints(max_length=40)] = MAIN
    available: Count = 0
    held: Count = 0
    allocated: Count = 0
    on_hand: Count = 0
    holds: Annotated[tuple[Hold, ...], AtMost(200)] = ()
    low_at: Count = 0
    is_low: bool = False


INVENTORIES = Collection(
    Inventory,
    name="inventories",
    purpose="The stock of one variant in one place: on hand = available + held + allocated.",
    prefix="",
    indexes=(
        Unique("store_id", "variant_id", "place", serves="a store's stock of a variant by place"),
        Index("variant_id", serves="the stock of variants"),
        Index("store_id", "id", only=Is("is_low", True), serves="a store's stock that runs low"),
        Index("holds.expires_at", serves="stock whose holds expired"),
        Index("holds.attempt_id", serves="stock held by an attempt"),
    ),
    retention=Keep(because="movements and the stock proof refer to it"),
    cache=NotCached(because="it decides what can be sold"),
    access=Access(app="find insert update"),
    shard_key=("store_id", "variant_id"),
)
