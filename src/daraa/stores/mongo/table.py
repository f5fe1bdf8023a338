"""Typed operations on one declared collection; every read is a declared Query."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from pymongo import ReturnDocument, UpdateOne, timeout
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from daraa.declare.collection import Collection
from daraa.declare.document import Document
from daraa.declare.query import Query
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.codec import decode, encode, encode_names
from daraa.stores.mongo.errors import translate, translated
from daraa.stores.mongo.reading import after_filters, build_filter, build_sort
from daraa.stores.mongo.session import Session

D = TypeVar("D", bound=Document)
DUPLICATE_KEY = 11000


class Table(Generic[D]):
    """The documents of one collection. All errors are DaraaError; reads and writes carry the settings' time bounds."""

    def __init__(self, declared: Collection[D], mongo: Mongo) -> None:
        self.declared = declared
        self.mongo = mongo
        self._raw = mongo.collection(declared)
        self._read_s = mongo.settings.read_timeout_s
        self._write_s = mongo.settings.write_timeout_s

    async def find_one(self, query: Query[D], *, session: Session | None = None, **args: Any) -> D | None:
        """The first match in the query's order, or None; with a session, as its transaction sees it."""
        found = await self.find_raw(query, limit=1, session=session, **args)
        return decode(self.declared.document, found[0]) if found else None

    async def find(
        self,
        query: Query[D],
        *,
        limit: int,
        after: tuple[Any, ...] | None = None,
        session: Session | None = None,
        **args: Any,
    ) -> list[D]:
        """At most `limit` matches; `after` are the sort values behind which to continue (at most two commands)."""
        rows = await self.find_raw(query, limit=limit, after=after, session=session, **args)
        return [decode(self.declared.document, raw) for raw in rows]

    async def find_raw(
        self,
        query: Query[D],
        *,
        limit: int,
        after: tuple[Any, ...] | None = None,
        session: Session | None = None,
        **args: Any,
    ) -> list[Raw]:
        """Like `find`, as stored: for hot paths that build their answer straight from the document."""
        wanted = build_filter(query, args)
        rows: list[Raw] = []
        with translated(f"find {self.declared.name}"), timeout(self._read_s):
            for more in after_filters(query.sort, after) if after is not None else [{}]:
                cursor = self._cursor(query, _both(wanted, more), limit - len(rows), session)
                rows += await cursor.to_list(limit - len(rows))
                if len(rows) >= limit:
                    break
        return rows

    async def count(self, query: Query[D], *, at_most: int, **args: Any) -> int:
        """How many match, counting no further than `at_most`."""
        words: dict[str, Any] = {"limit": at_most, "comment": query.full_name, **self._hint(query)}
        with translated(f"count {self.declared.name}"), timeout(self._read_s):
            return await self._raw.count_documents(build_filter(query, args), **words)

    async def estimated_size(self) -> int:
        """About how many documents there are, from the server's own count; for people, never for decisions."""
        with translated(f"count {self.declared.name}"), timeout(self._read_s):
            return await self._raw.estimated_document_count()

    async def insert(self, document: D, *, session: Session | None = None) -> None:
        """Add one document; `stores.key.duplicate` when a unique key is taken."""
        with translated(f"insert {self.declared.name}"), timeout(self._write_s):
            await self._raw.insert_one(encode(document), session=session)

    async def insert_many(self, documents: Sequence[D], *, session: Session) -> None:
        """Add several documents in one command of a transaction; `stores.key.duplicate` when any key is taken."""
        rows = [encode(document) for document in documents]
        with translated(f"insert {self.declared.name}"), timeout(self._write_s):
            try:
                await self._raw.insert_many(rows, session=session)
            except BulkWriteError as error:
                raise _first_refusal(error) from error

    async def insert_new(self, documents: Iterable[Raw]) -> int:
        """Add encoded documents, skipping those whose key exists already; returns how many were new."""
        batch = list(documents)
        if not batch:
            return 0
        try:
            result = await self._raw.insert_many(batch, ordered=False)
            return len(result.inserted_ids)
        except BulkWriteError as error:
            others = [each for each in error.details["writeErrors"] if each["code"] != DUPLICATE_KEY]
            if others:
                refused = OperationFailure("bulk write", others[0]["code"])
                raise translate(refused, f"insert {self.declared.name}") from error
            return int(error.details["nInserted"])

    async def update_one(
        self,
        where: Mapping[str, Any],
        change: Mapping[str, Any],
        *,
        session: Session | None = None,
    ) -> bool:
        """Change the one document that matches the guard; False when none does.

        Both are written with Python paths (`{"id": x, "ver": 3}`, `{"$set": {"next_run_at": t}}`).
        """
        with translated(f"update {self.declared.name}"), timeout(self._write_s):
            result = await self._raw.update_one(encode_names(where), encode_names(change), session=session)
        return result.matched_count == 1

    async def update_each(self, changes: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> int:
        """Change one document for each pair of guard and change, in this order and in one command.

        Each change stands for itself. Returns how many guards matched; the caller looks which ones did not.
        """
        words = [UpdateOne(encode_names(where), encode_names(change)) for where, change in changes]
        with translated(f"update {self.declared.name}"), timeout(self._write_s):
            try:
                result = await self._raw.bulk_write(words)
            except BulkWriteError as error:
                raise _first_refusal(error) from error
        return result.matched_count

    async def update_many(self, where: Mapping[str, Any], change: Mapping[str, Any], *, session: Session) -> int:
        """Change every document that matches the guard, in a transaction; returns how many did. The caller counts."""
        with translated(f"update {self.declared.name}"), timeout(self._write_s):
            result = await self._raw.update_many(encode_names(where), encode_names(change), session=session)
        return result.matched_count

    async def update_and_get(
        self, where: Mapping[str, Any], change: Mapping[str, Any], *, session: Session | None = None
    ) -> D | None:
        """Like `update_one`, returning the document as it is afterwards; None when none matches the guard."""
        with translated(f"update {self.declared.name}"), timeout(self._write_s):
            found = await self._raw.find_one_and_update(
                encode_names(where), encode_names(change), session=session, return_document=ReturnDocument.AFTER
            )
        return None if found is None else decode(self.declared.document, found)

    def _cursor(
        self, query: Query[D], wanted: Mapping[str, Any], limit: int, session: Session | None
    ) -> AsyncCursor[Raw]:
        words: dict[str, Any] = {"comment": query.full_name, **self._hint(query)}
        if query.sort:
            words["sort"] = build_sort(query.sort)
        elif any(key.direction == "text" for key in query.index.keys):
            words["sort"] = [("score", {"$meta": "textScore"})]
        if query.index.collation is not None:
            words["collation"] = {"locale": query.index.collation.locale, "strength": query.index.collation.strength}
        return self._raw.find(wanted, limit=limit, session=session, **words)

    def _hint(self, query: Query[D]) -> dict[str, Any]:
        special = any(key.direction in ("2dsphere", "text") for key in query.index.keys)
        return {} if self.mongo.capabilities.plans_unhinted or special else {"hint": query.index.name}


def _both(wanted: Mapping[str, Any], more: Mapping[str, Any]) -> Mapping[str, Any]:
    if not more:
        return wanted
    return {"$and": [wanted, more]} if set(wanted) & set(more) else {**wanted, **more}


def _first_refusal(error: BulkWriteError) -> OperationFailure:
    """The refusal that stopped an ordered batch, as the driver would have raised it for a single insert."""
    details = error.details or {}
    refused = (details.get("writeErrors") or details["writeConcernErrors"])[0]
    kind = DuplicateKeyError if refused["code"] == DUPLICATE_KEY else OperationFailure
    failure = kind("bulk write", refused["code"], refused)
    for label in details.get("errorLabels", ()):
        failure._add_error_label(label)
    return failure
