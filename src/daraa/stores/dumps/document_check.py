"""Looks at documents of a dump before anything is written: what a server would refuse later is found now."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import InvalidBSON

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.errors import broken, unsupported
from daraa.stores.mongo.client import Raw
from daraa.stores.mongo.oplog_diff import updated
from daraa.stores.mongo.oplog_operations import Operations

_LENIENT: CodecOptions[Raw] = CodecOptions(
    document_class=dict, datetime_conversion=DatetimeConversion.DATETIME_MS, unicode_decode_error_handler="replace"
)
_AGAIN = "Make the dump again at a quieter time; a dump of one database (`mongodump --db`) has no oplog."


def check_document(document: bytes, where: str) -> None:
    """`backup.dump.broken` for what is no BSON inside, `backup.dump.unsupported` for a document without an `_id`."""
    if "_id" not in _decoded(document, where):
        raise unsupported(where, "a document has no _id", "A server gives it another one at each try; add one first.")


@dataclass
class OplogCheck:
    """Feed it all entries in order: it raises for what a replay onto the databases of `prefix` would not survive."""

    prefix: str
    where: str
    _operations: Operations = field(default_factory=Operations)

    def look_at(self, document: bytes) -> None:
        """`backup.dump.broken`, `backup.dump.unsupported`."""
        for operation in self._unrolled(_decoded(document, self.where)):
            self._look_at(operation)

    def _unrolled(self, entry: Raw) -> Iterator[Raw]:
        try:
            yield from self._operations.of(entry)
        except DaraaError as error:
            raise unsupported(self.where, error.message.rstrip("."), _AGAIN) from error
        except (AttributeError, KeyError, TypeError):
            raise broken(self.where, "it holds an entry that no server writes") from None

    def _look_at(self, operation: Raw) -> None:
        kind, what = operation.get("op"), operation.get("o")
        database, _, collection = str(operation.get("ns", "")).partition(".")
        if kind == "n" or database not in {self.prefix + part.value for part in Database}:
            return
        if not isinstance(what, dict) or not what:
            raise broken(self.where, "it holds an entry that no server writes")
        if kind == "c":
            name = next(iter(what))
            if name not in ("create", "drop") or not isinstance(what[name], str):
                raise unsupported(self.where, f"{name} of {what[name]} cannot be replayed", _AGAIN)
            collection = what[name]
        elif kind not in ("i", "u", "d"):
            raise unsupported(self.where, f"an operation {kind!r} cannot be replayed", _AGAIN)
        elif "_id" not in (operation.get("o2") or {} if kind == "u" else what):
            raise broken(self.where, "it holds an entry that does not say which document it is about")
        if collection.startswith("system."):
            raise unsupported(self.where, f"a change of {database}.{collection} cannot be replayed", _AGAIN)
        if kind == "u":
            self._try(what)

    def _try(self, change: Raw) -> None:
        try:
            updated({}, change)
        except DaraaError as error:
            raise unsupported(self.where, error.message.rstrip("."), _AGAIN) from error
        except (AttributeError, KeyError, TypeError, ValueError):
            raise broken(self.where, "it holds an update that no server writes") from None


def _decoded(document: bytes, where: str) -> Raw:
    try:
        return bson.decode(document, _LENIENT)
    except (InvalidBSON, ValueError, OverflowError, RecursionError) as error:
        raise broken(where, f"a document is damaged inside ({error})") from None
