"""Demo loads: which made-up data was put in, so that loading again adds nothing and an interrupted load goes on."""

from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Keep, KeyedBy, Moment, NotCached


class DemoLoad(Document):
    """`size` is the number of products asked for; `stage` and `position` say where to go on."""

    id: Annotated[str, KeyedBy("seed and size: `<seed>:<size>`")]
    seed: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=1, le=1_000_000)]
    is_done: bool = False
    stage: Annotated[str | None, StringConstraints(max_length=60)] = None
    position: Count = 0
    finished_at: Moment | None = None


DEMO_LOADS = Collection(
    DemoLoad,
    name="demo_loads",
    purpose="One load of demo data: its seed, its size and how far it came.",
    prefix="",
    retention=Keep(because="it tells demo data from real data"),
    cache=NotCached(because="it is read once per load"),
    access=Access(app="find insert update"),
)
