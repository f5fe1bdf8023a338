"""Decides, without reading a document, what of a dump is restored, what is left out, and what is refused and why."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Database
from daraa.declare.names import did_you_mean
from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.selection import COLLECTION_UNKNOWN, Shape
from daraa.stores.dumps.dump import Found
from daraa.stores.dumps.errors import broken, unsupported
from daraa.stores.dumps.metadata import Metadata
from daraa.stores.mongo.restore_journal import JOURNAL

UNCLEAR = register(
    "backup.dump.unclear", status=400, en="It is not clear which databases are meant", ar="ليس واضحا أي القواعد مقصودة"
)
SERVERS_OWN = ("admin", "config", "local")
INDEX_WORDS = frozenset(
    """
    v key name ns unique sparse background expireAfterSeconds partialFilterExpression collation hidden
    weights default_language language_override textIndexVersion 2dsphereIndexVersion bits min max
    wildcardProjection prepareUnique clustered dropDups
    """.split()  # noqa: SIM905 - a list of words is easier to read without the marks
)
OPTION_WORDS = frozenset(
    """
    capped size max validator validationLevel validationAction collation indexOptionDefaults storageEngine
    clusteredIndex changeStreamPreAndPostImages expireAfterSeconds autoIndexId viewOn pipeline uuid
    """.split()  # noqa: SIM905 - a list of words is easier to read without the marks
)
_FORGOTTEN_OPTIONS = ("autoIndexId", "uuid")
_FORGOTTEN_INDEX_WORDS = ("dropDups", "ns")
_NAME = re.compile(r"[^.$\0](?:[^$\0]*[^.$\0])?", re.DOTALL)
_LEAVE_OUT = "Name the collections that you want with --collection, without this one."


@dataclass(frozen=True, slots=True)
class DumpPlan:
    """What is restored: `prefix` is the dump's main database; `left_out` says of everything else why it is not."""

    prefix: str
    collections: tuple[Found, ...]
    shapes: tuple[Shape, ...]
    views: tuple[Shape, ...]
    left_out: tuple[str, ...]


def plan_dump(found: Sequence[Found], where: str, *, prefix: str = "", names: Sequence[str] = ()) -> DumpPlan:
    """Raises `backup.dump.unclear`, `.unsupported`, `.broken`, and `backup.collection.unknown`.

    `prefix` says which database is the main one where that is not clear; `names` as those of a restore.
    """
    main = prefix or _prefix({each.database for each in found} - set(SERVERS_OWN), where)
    ours = {main + part.value: part for part in Database}
    left_out, chosen = list[str](), list[Found]()
    for each in found:
        if reason := _left_out(each, ours):
            left_out.append(f"{each.namespace}: {reason}")
        elif not names or {each.collection, each.namespace} & set(names):
            chosen.append(each)
    _check_names(names, chosen, where)
    if not chosen:
        raise DaraaError(
            UNCLEAR,
            f"{where} holds nothing of {main} that could be restored.",
            hint=f"It holds: {', '.join(sorted({each.database for each in found}))}. --prefix names the main one.",
        )
    for each in chosen:
        _check(each, ours, where)
    views = [each for each in chosen if _is_view(each)]
    collections = [each for each in chosen if not _is_view(each)]
    return DumpPlan(
        main,
        tuple(collections),
        tuple(_shape(each, ours) for each in collections),
        tuple(_shape(each, ours) for each in views),
        tuple(left_out),
    )


def _prefix(databases: set[str], where: str) -> str:
    """The main database whose name begins those of all others; a single one may be called as it likes."""
    suffixes = [part.value for part in Database if part.value]
    mains = {name for name in databases if databases <= {name + part.value for part in Database}}
    if len(mains) == 1 and not (len(databases) == 1 and next(iter(mains)).endswith(tuple(suffixes))):
        return mains.pop()
    cut = {name.removesuffix(end) for name in databases for end in suffixes if name.endswith(end)}
    if len(databases) > 1 and len(cut) == 1 and databases <= {next(iter(cut)) + part.value for part in Database}:
        return cut.pop()
    listed = ", ".join(sorted(databases)) or "none but the server's own"
    raise DaraaError(
        UNCLEAR,
        f"{where} holds these databases: {listed}. Which one is the main one is not clear.",
        hint="Name it: --prefix daraa restores daraa, daraa_ledger, daraa_audit and daraa_archive of the dump.",
    )


def _left_out(each: Found, ours: Mapping[str, Database]) -> str:
    if each.database in SERVERS_OWN:
        return "it is the server's own"
    if each.database not in ours:
        return "its database is not asked for"
    if each.collection.startswith("$"):
        return "accounts come from `daraa accounts apply`"
    if each.collection.startswith("system.") and not each.collection.startswith("system.buckets."):
        return "it is the server's own"
    return ""


def _check_names(names: Sequence[str], chosen: Iterable[Found], where: str) -> None:
    there = {name for each in chosen for name in (each.collection, each.namespace)}
    for name in names:
        if name not in there:
            raise DaraaError(
                COLLECTION_UNKNOWN, f"{where} has no collection {name}.", hint=did_you_mean(name, sorted(there))
            )


def _check(each: Found, ours: Mapping[str, Database], where: str) -> None:
    metadata = each.metadata or Metadata()
    name = each.namespace
    if not _NAME.fullmatch(each.collection) or ".." in each.collection:
        raise broken(where, f"no collection can be called {each.collection!r}")
    if ours[each.database] is Database.MAIN and each.collection == JOURNAL:
        why = f"{name} says that it was made of a database into which a restore had not ended"
        raise unsupported(where, why, "Finish that restore, then make the dump again.")
    if "timeseries" in (metadata.kind, *metadata.options) or each.collection.startswith("system.buckets."):
        raise unsupported(where, f"{name} is a time series, of which Daraa has none", _LEAVE_OUT)
    if not each.documents and not _is_view(each):
        raise broken(where, f"the file with the documents of {name} is missing")
    if unknown := sorted(set(metadata.options) - OPTION_WORDS):
        raise unsupported(where, f"{name} has the option {unknown[0]}, which is not known here", _LEAVE_OUT)
    for index in metadata.indexes:
        if unknown := sorted(set(index) - INDEX_WORDS):
            what = f"the index {index['name']} of {name} has the option {unknown[0]}, which is not known here"
            raise unsupported(where, what, _LEAVE_OUT)


def _is_view(each: Found) -> bool:
    return each.metadata is not None and "viewOn" in each.metadata.options


def _shape(each: Found, ours: Mapping[str, Database]) -> Shape:
    metadata = each.metadata or Metadata()
    options = {word: value for word, value in metadata.options.items() if word not in _FORGOTTEN_OPTIONS}
    # The index that a clustered collection is comes with the collection itself.
    indexes = tuple(_index(index) for index in metadata.indexes if not index.get("clustered"))
    return Shape(ours[each.database], each.collection, options, indexes)


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in index.items() if word not in _FORGOTTEN_INDEX_WORDS}
