"""Journal reversals: who asked to take a journal back and why; a second admin decides, so no one alone moves money."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Decision, Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    KeyedBy,
    NotCached,
    Ref,
)


class ReversalState(StrEnum):
    """A refused request may be made again."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"


class JournalReversal(Document):
    id: Annotated[Id, KeyedBy("the journal that is to be taken back"), Ref("journals")]
    requested_by: Annotated[Id, Ref("accounts")]
    reason: Note
    state: ReversalState = ReversalState.REQUESTED
    decision: Decision | None = None
    mirror_id: Annotated[Id | None, Ref("journals")] = None


JOURNAL_REVERSALS = Collection(
    JournalReversal,
    name="journal_reversals",
    purpose="The request of one admin that a journal be mirrored, and what another one said to it.",
    prefix="",
    indexes=(Index("state", "id", serves="reversals of a state, oldest journal first"),),
    retention=Keep(because="it shows four eyes on every correction"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
