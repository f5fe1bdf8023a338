"""Leases: which process may do a thing that only one may do at a time, with a token that outdates a late holder."""

from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Keep, KeyedBy, Moment, NotCached


class Lease(Document):
    """Free once `until` has passed by the server's clock; `fence` grows with every new holder."""

    id: Annotated[str, KeyedBy("the lease's name")]
    owner: Annotated[str | None, StringConstraints(max_length=200)] = None
    until: Moment
    fence: Count = 0


LEASES = Collection(
    Lease,
    name="leases",
    purpose="A named right that one process holds for a short time.",
    prefix="",
    retention=Keep(because="its fencing token must never start again from zero"),
    cache=NotCached(because="it decides who may act"),
    access=Access(app="find insert update"),
)
