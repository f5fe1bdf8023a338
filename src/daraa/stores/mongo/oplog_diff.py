"""What an oplog entry does to one document, as a pure function, so that a replay needs no command that may do anything.

Two spellings of an update are read: mongod's (`$v: 2`, sections `d`, `u`, `i`, `s<field>`; the format is described in
the server's source, `src/mongo/db/update/document_diff_serialization.h`) and that of SecantusDB (`updatedFields`,
`removedFields`, `truncatedArrays` with dotted paths). The older `$set`/`$unset` entries are read as well.

A replay begins before the copy was made, so a document may already be in a later state than the entry expects. What
then cannot be applied is left out, as mongod's own initial sync does: a later entry brings it right.
"""

from collections.abc import Mapping
from typing import Any

from daraa.kernel.errors import DaraaError, register

Raw = dict[str, Any]

UNKNOWN = register(
    "backup.oplog.unsupported",
    status=500,
    en="The oplog holds an entry that cannot be replayed",
    ar="يحوي سجل العمليات قيدا لا يمكن إعادته",
)
_DOTTED = {"updatedFields", "removedFields", "truncatedArrays"}


def updated(document: Raw, change: Mapping[str, Any]) -> Raw:
    """The document after an update entry's `o`; `backup.oplog.unsupported` for a spelling that is not known."""
    if not any(word.startswith("$") for word in change):
        return dict(change)
    if "diff" in change:
        diff = change["diff"]
        return _dotted(document, diff) if _DOTTED & set(diff) else _apply(document, diff)
    words = {word for word in change if word != "$v"}
    if words - {"$set", "$unset"}:
        raise _unknown(f"an update with {', '.join(sorted(words))}")
    return _dotted(document, {"updatedFields": change.get("$set", {}), "removedFields": list(change.get("$unset", {}))})


def _apply(document: Raw, diff: Mapping[str, Any]) -> Raw:
    """One level of mongod's diff: fields keep their place when updated and come last when inserted."""
    result = dict(document)
    for section, content in diff.items():
        if section == "d":
            for field in content:
                result.pop(field, None)
        elif section == "u":
            result.update(content)
        elif section == "i":
            for field, value in content.items():
                result.pop(field, None)
                result[field] = value
        elif section.startswith("s"):
            _apply_inner(result, section[1:], content)
        else:
            raise _unknown(f"a diff with the section {section!r}")
    return result


def _apply_inner(result: Raw, field: str, diff: Mapping[str, Any]) -> None:
    inner = result.get(field)
    if diff.get("a"):
        if isinstance(inner, list):
            result[field] = _apply_array(inner, diff)
    elif isinstance(inner, dict):
        result[field] = _apply(inner, diff)


def _apply_array(items: list[Any], diff: Mapping[str, Any]) -> list[Any]:
    result = list(items)
    if "l" in diff:
        _set_length(result, int(diff["l"]))
    for section, content in diff.items():
        if section in ("a", "l"):
            continue
        kind, place = section[0], section[1:]
        if kind not in "us" or not place.isdecimal():
            raise _unknown(f"an array diff with the section {section!r}")
        index = int(place)
        if kind == "u":
            _set_length(result, max(len(result), index + 1))
            result[index] = content
        elif index < len(result):
            holder = {"": result[index]}
            _apply_inner(holder, "", content)
            result[index] = holder[""]
    return result


def _dotted(document: Raw, diff: Mapping[str, Any]) -> Raw:
    """SecantusDB's diff: removals, truncations, then assignments by dotted path."""
    if unknown := set(diff) - _DOTTED:
        raise _unknown(f"a diff with the section {sorted(unknown)[0]!r}")
    result: Raw = _copied(document)
    for path in diff.get("removedFields", ()):
        parent, last = _parent(result, path, make=False)
        if isinstance(parent, dict):
            parent.pop(last, None)
        elif isinstance(parent, list) and int(last) < len(parent):
            parent[int(last)] = None
    for cut in diff.get("truncatedArrays", ()):
        parent, last = _parent(result, cut["field"], make=False)
        array = _child(parent, last)
        if isinstance(array, list):
            del array[int(cut["newSize"]) :]
    for path, value in diff.get("updatedFields", {}).items():
        parent, last = _parent(result, path, make=True)
        _put(parent, last, value)
    return result


def _parent(document: Raw, path: str, *, make: bool) -> tuple[Any, str]:
    *way, last = path.split(".")
    here: Any = document
    for step in way:
        inner = _child(here, step)
        if inner is None and make:
            inner = {}
            _put(here, step, inner)
        here = inner
    if isinstance(here, list) and not last.isdecimal():
        here = None
    return here, last


def _child(here: Any, step: str) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    if isinstance(here, list) and step.isdecimal() and int(step) < len(here):
        return here[int(step)]
    return None


def _put(here: Any, step: str, value: Any) -> None:
    if isinstance(here, dict):
        here[step] = value
    elif isinstance(here, list) and step.isdecimal():
        _set_length(here, max(len(here), int(step) + 1))
        here[int(step)] = value


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _set_length(items: list[Any], length: int) -> None:
    del items[length:]
    items.extend([None] * (length - len(items)))


def _unknown(what: str) -> DaraaError:
    return DaraaError(
        UNKNOWN,
        f"The oplog holds {what}, which this version cannot replay.",
        hint="Was the schema changed while the backup was taken? Take another one; else report the server's version.",
    )
