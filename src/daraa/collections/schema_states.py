"""Schema states: which declarations the database was last brought to, and how far each data change has come."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Keep, KeyedBy, Moment, NotCached


class ChangeState(StrEnum):
    """A running change continues after `position`."""

    RUNNING = "running"
    DONE = "done"


class SchemaState(Document):
    """`fingerprint` is the hash of the declarations; `position` is the last id that a data change has finished.

    `has_text`, `plans_unhinted` and `server` say what the last apply found out about the server (stores.mongo.probe).
    """

    id: Annotated[str, KeyedBy("`schema` for the whole, or the name of a data change")]
    state: ChangeState
    fingerprint: Annotated[str | None, StringConstraints(max_length=64)] = None
    applied_by: Annotated[str, StringConstraints(max_length=200)]
    position: Annotated[str | None, StringConstraints(max_length=200)] = None
    done_count: Count = 0
    finished_at: Moment | None = None
    has_text: bool | None = None
    plans_unhinted: bool | None = None
    server: Annotated[str | None, StringConstraints(max_length=100)] = None


SCHEMA_STATES = Collection(
    SchemaState,
    name="schema_states",
    purpose="What was applied to this database: the declarations as a whole, and each data change.",
    prefix="",
    retention=Keep(because="the API compares it with what it was built for"),
    cache=NotCached(because="readiness depends on it"),
    access=Access(app="find"),
)
