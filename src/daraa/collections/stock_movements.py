"""Stock movements: why stock on hand changed; their sum is the stock, and none is ever edited."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Present,
    Ref,
    Unique,
    desc,
)


class MovementKind(StrEnum):
    """What happened to stock; only receive, adjust, ship and return change what is on hand."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    ALLOCATE = "allocate"
    UNALLOCATE = "unallocate"
    SHIP = "ship"
    RETURN = "return"


class StockMovement(Document):
    """`attempt_id`: the placement attempt whose hold was settled by this, as an allocation or for nothing."""

    inventory_id: Annotated[str, Ref("inventories")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    variant_id: Annotated[Id, Ref("product_variants")]
    kind: MovementKind
    quantity: int
    delta_on_hand: int
    order_id: Annotated[Id | None, Ref("orders")] = None
    order_line_id: Id | None = None
    attempt_id: Id | None = None
    actor_id: Annotated[Id | None, Ref("accounts")] = None
    reason: Note | None = None


STOCK_MOVEMENTS = Collection(
    StockMovement,
    name="stock_movements",
    purpose="One change of one stock row: kind, quantity, effect on hand, and the order line or reason behind it.",
    prefix="smv",
    indexes=(
        Unique("order_line_id", "kind", only=Present("order_line_id"), serves="the movements of an order line by kind"),
        Index("inventory_id", desc("id"), serves="the movements of a stock row, newest first"),
        Index("attempt_id", only=Present("attempt_id"), serves="the movements of a placement attempt"),
    ),
    retention=Keep(because="the stock proof sums them"),
    cache=NotCached(because="it is the proof of decision data"),
    access=Access(app="find insert"),
    shard_key=("store_id", "variant_id"),
)
