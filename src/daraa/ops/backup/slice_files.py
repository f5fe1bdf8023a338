"""What is written about a slice of the oplog: its signed file, linked to the slice before, and its tombstone."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from daraa.kernel.ids import is_id
from daraa.ops.backup.manifest import (
    FORMAT,
    Count,
    Moment,
    ObjectPart,
    OplogTime,
    ServerSeen,
    Sha256,
    Signed,
)
from daraa.stores.mongo import oplog_reading as reading


def _of_slice(text: str) -> str:
    if not is_id(text, "slc"):
        raise ValueError("not the id of a slice (slc_<uuidv7>)")
    return text


class Slice(Signed):
    """One slice: everything that was majority-committed after `after`, up to and with `until`.

    `previous` is the SHA-256 of the file of the slice before, which ends where this one begins; None begins a new range
    and `because` says why. `parts` hold the entries of the window, in order; `rest` those after it that belong to
    transactions which have begun in it. `schema` are commands in it that changed the shape of the databases: no replay
    goes past them. `anchor` is the SHA-256 of the newest entry, of `anchor_at`, by which the next slice knows the
    oplog again.
    """

    kind: ClassVar[str] = "slice"

    format: Literal[1] = FORMAT
    number: Count
    slice_id: Annotated[str, AfterValidator(_of_slice)]
    repository_id: str
    prefix: Annotated[str, Field(min_length=1)]
    server: ServerSeen
    after: OplogTime
    until: OplogTime
    read_at: Moment
    previous: Sha256 | None
    because: str = ""
    anchor_at: OplogTime | None
    anchor: Sha256 | None
    schema_from: OplogTime | None = None
    schema_to: OplogTime | None = None
    schema_what: tuple[str, ...] = ()
    parts: tuple[ObjectPart, ...]
    rest: tuple[ObjectPart, ...] = ()
    key_id: str
    wrapped_key: Annotated[str, Field(pattern=r"^[0-9a-f]+$")]
    tool_version: str

    @property
    def begins_at(self) -> reading.OplogTime:
        """`after` as a moment that can be compared."""
        return reading.OplogTime.parse(self.after)

    @property
    def ends_at(self) -> reading.OplogTime:
        """`until` as a moment that can be compared."""
        return reading.OplogTime.parse(self.until)

    @property
    def known_by(self) -> reading.Anchor | None:
        """The entry by which the oplog is known again."""
        if self.anchor is None or self.anchor_at is None:
            return None
        return reading.Anchor(reading.OplogTime.parse(self.anchor_at), self.anchor)

    @property
    def bytes_stored(self) -> int:
        """Of all its objects."""
        return sum(each.bytes_stored for each in (*self.parts, *self.rest))

    @property
    def entries(self) -> int:
        """How many entries its window has (those that a size bound pushed into the next one are counted twice)."""
        return sum(each.documents for each in self.parts)


class SliceTombstone(Signed):
    """The announcement that all slices up to and with number `through` will be deleted, not before the grace is over.

    `sha256` is that of the file of slice `through`: about another one it says nothing.
    """

    kind: ClassVar[str] = "slice_tombstone"

    format: Literal[1] = FORMAT
    through: Count
    sha256: Sha256
    at: Moment
    reason: str
    tool_version: str
