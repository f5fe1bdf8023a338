"""Demo loads: which made-up data a database holds, so that a repeated load adds nothing and a broken one goes on."""

from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Keep, KeyedBy, Moment, NotCached

ONLY = "demo"


class DemoLoad(Document):
    """`size` counts products; `reference_at` is the day the data takes for today; `position` counts blocks done."""

    id: Annotated[str, KeyedBy("the one word `demo`: a database holds one load")]
    seed: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=1, le=1_000_000)]
    reference_at: Moment
    position: Count = 0
    is_done: bool = False
    finished_at: Moment | None = None


DEMO_LOADS = Collection(
    DemoLoad,
    name="demo_loads",
    purpose="The load of demo data in this database: its seed, size, reference day, and how far it came.",
    prefix="",
    retention=Keep(because="it tells demo data from real data"),
    cache=NotCached(because="it is read once per load"),
    access=Access(app="find insert update"),
)
