"""The JSON that stands beside a collection in a dump: its options, its indexes, and what kind it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import encode
from bson.errors import BSONError
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps, loads

from daraa.stores.dumps.errors import broken

LARGEST_BYTES = 16 * 1024 * 1024
"""Most bytes of metadata that are read: those of an archive are in one document."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """`uuid` is 32 hex digits, `kind` collection, view or timeseries; both are empty in dumps of old tools."""

    options: Mapping[str, Any] = field(default_factory=dict)
    indexes: tuple[Mapping[str, Any], ...] = ()
    uuid: str = ""
    collection: str = ""
    kind: str = ""


def written(metadata: Metadata) -> str:
    """In canonical extended JSON, the fields in mongodump's order; it leaves empty ones out, but for the indexes."""
    words: dict[str, Any] = {"options": dict(metadata.options)} if metadata.options else {}
    words["indexes"] = [dict(each) for each in metadata.indexes]
    if metadata.uuid:
        words["uuid"] = metadata.uuid
    words |= {"collectionName": metadata.collection, "type": metadata.kind}
    return dumps(words, json_options=CANONICAL_JSON_OPTIONS, separators=(",", ":"), ensure_ascii=False)


def read_metadata(content: bytes | str, where: str) -> Metadata:
    """Raises `backup.dump.broken` for what is not the metadata of a collection."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        words = loads(text, json_options=CANONICAL_JSON_OPTIONS)
        encode({"": words})  # JSON can say what no server takes: half a letter, a number without end
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError, BSONError) as error:
        raise broken(where, f"it is no extended JSON ({type(error).__name__})") from None
    if not isinstance(words, dict):
        raise broken(where, "it is not the metadata of a collection")
    options, indexes = words.get("options") or {}, words.get("indexes") or []
    texts = [words.get(word) or "" for word in ("uuid", "collectionName", "type")]
    if not isinstance(options, dict) or not _are_indexes(indexes) or not all(isinstance(each, str) for each in texts):
        raise broken(where, "it is not the metadata of a collection")
    return Metadata(options, tuple(indexes), *texts)


def _are_indexes(found: Any) -> bool:
    return isinstance(found, Sequence) and all(
        isinstance(each, dict)
        and isinstance(each.get("name"), str)
        and isinstance(each.get("key"), dict)
        and each["key"]
        for each in found
    )
