"""Store delivery zones: which zones a store serves, and where it departs from the zone's own terms."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from daraa.collections.delivery_zones import Minutes
from daraa.declare import Access, CachedEntity, Collection, Document, Id, Index, Is, Keep, Ref, Unique
from daraa.kernel.money import Money


class StoreDeliveryZone(Document):
    """An empty term means the zone's own; a lower `rank` is offered first."""

    store_id: Annotated[Id, Ref("store_owner_profiles")]
    zone_id: Annotated[Id, Ref("delivery_zones")]
    fee: Money | None = None
    min_total: Money | None = None
    free_over: Money | None = None
    eta_min_minutes: Minutes | None = None
    eta_max_minutes: Minutes | None = None
    is_active: bool = True
    rank: Annotated[int, Field(ge=0)] = 0


STORE_DELIVERY_ZONES = Collection(
    StoreDeliveryZone,
    name="store_delivery_zones",
    purpose="That one store serves one zone, with its own fee and limits where it has any.",
    prefix="sdz",
    indexes=(
        Unique("store_id", "zone_id", serves="the zones of a store"),
        Index("zone_id", "rank", "id", only=Is("is_active", True), serves="the stores that serve a zone, in order"),
    ),
    retention=Keep(because="a store that stops serving a zone sets it inactive"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("store:{store_id}", "zone:{zone_id}")),
    access=Access(app="find insert update"),
    shard_key=("store_id", "id"),
)
