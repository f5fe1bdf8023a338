"""Price histories: every price a variant ever had, so that no sale can claim a price that never was."""

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
    Ref,
    desc,
)
from daraa.kernel.money import Money


class PriceHistory(Document):
    variant_id: Annotated[Id, Ref("product_variants")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    price: Money
    list_price: Money | None = None
    sale_price: Money | None = None
    changed_by: Annotated[Id, Ref("accounts")]
    reason: Note | None = None


PRICE_HISTORIES = Collection(
    PriceHistory,
    name="price_histories",
    purpose="One change of a variant's price: the new price, who set it and why.",
    prefix="prh",
    indexes=(Index("variant_id", desc("id"), serves="a variant's prices, newest first"),),
    retention=Keep(because="it proves what a thing cost before a sale"),
    cache=NotCached(because="only sellers and disputes read it"),
    access=Access(app="find insert"),
    shard_key=("store_id", "variant_id"),
)
