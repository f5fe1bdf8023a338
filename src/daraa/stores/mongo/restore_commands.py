"""Fills a database from a backup; every administrative command is read back, because `ok: 1` proves nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import json_util
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, timeout
from pymongo.errors import BulkWriteError

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import DUPLICATE, translated
from daraa.stores.mongo.schema_commands import list_collections, list_indexes

NOT_DONE = register(
    "backup.restore.not_done", status=500, en="The server did not do what it confirmed", ar="لم ينفذ الخادم ما أكده"
)
PORTION_BYTES = 2 * 1024 * 1024
"""About how much is given to the driver at once."""
WRITE_S = 120.0
"""Longest wait for such a portion to be written, in seconds."""
READ_S = 120.0
"""Longest wait for options to be read; ten times that for a count, in seconds."""
_DUPLICATE = 11000
_OWN_WORDS = ("v", "ns", "background", "2dsphereIndexVersion", "textIndexVersion")
_OPTION_DEFAULTS = {"validationLevel": "strict", "validationAction": "error"}


async def create_as(mongo: Mongo, part: Database, name: str, options: Raw) -> None:
    """`create` with the options that listCollections told of the original, and read them back; may be there already."""
    there = await options_of(mongo, part, name)
    if there is None:
        with translated(f"create {name}"):
            await mongo.database(part).command({"create": name, **options})
        there = await options_of(mongo, part, name)
    if there is None or same_options(there) != same_options(options):
        raise not_done(f"create {name}")


async def options_of(mongo: Mongo, part: Database, name: str) -> Raw | None:
    """The collection's options as the server lists them; None when there is no such collection."""
    found = await list_collections(mongo, part, name)
    return dict(found[0].get("options", {})) if found else None


async def view_as(mongo: Mongo, part: Database, name: str, options: Raw) -> None:
    """`create` of a view with the options that listCollections told of the original, and read them back."""
    there = await view_options(mongo, part, name)
    if there is None:
        with translated(f"create {name}"):
            await mongo.database(part).command({"create": name, **options})
        there = await view_options(mongo, part, name)
    if there is None or same_options(there) != same_options(options):
        raise not_done(f"create {name}")


async def view_options(mongo: Mongo, part: Database, name: str) -> Raw | None:
    """The view's options as the server lists them; None when there is nothing of that name."""
    with translated(f"listCollections {mongo.settings.database}{part.value}"), timeout(READ_S):
        found = await (await mongo.database(part).list_collections(filter={"name": name})).to_list(None)
    return dict(found[0].get("options", {})) if found else None


async def index_as(mongo: Mongo, part: Database, name: str, indexes: Sequence[Raw]) -> None:
    """Build these indexes as listIndexes told them of the original, in one pass, and read them back."""
    if not indexes:
        return
    wanted = {str(each["name"]): same_index(each) for each in indexes}
    with translated(f"createIndexes {name}"):
        words = [{word: value for word, value in each.items() if word not in ("v", "ns")} for each in indexes]
        await mongo.database(part).command({"createIndexes": name, "indexes": words})
    there = {str(each["name"]): same_index(each) for each in await list_indexes(mongo, part, name)}
    for index, expected in wanted.items():
        if there.get(index) != expected:
            raise not_done(f"createIndexes {name}.{index}")


async def drop_as(mongo: Mongo, part: Database, name: str) -> None:
    """Remove a collection, and look that it is gone."""
    with translated(f"drop {name}"):
        await mongo.database(part).drop_collection(name)
    if await list_collections(mongo, part, name):
        raise not_done(f"drop {name}")


async def drop_databases(mongo: Mongo) -> None:
    """Remove all databases of this prefix, and look that nothing is left in them."""
    for part in Database:
        database = mongo.database(part)
        with translated(f"dropDatabase {database.name}"):
            await database.command({"dropDatabase": 1})
        if await list_collections(mongo, part):
            raise not_done(f"dropDatabase {database.name}")


async def insert_raw(
    mongo: Mongo, part: Database, name: str, documents: Sequence[bytes], *, again: bool = False
) -> None:
    """Write whole BSON documents as they are, past the validator: the original holds them too.

    With `again` those whose `_id` is there already are left as they are, because a killed run wrote them; without it
    they are `stores.key.duplicate`.
    """
    for some in in_portions(documents):
        await _insert_portion(mongo, part, name, some, again=again)


def in_portions(documents: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """About `PORTION_BYTES` at a time: the driver holds what it is given several times over."""
    begin = size = 0
    for number, each in enumerate(documents):
        if size and size + len(each) > PORTION_BYTES:
            yield documents[begin:number]
            begin, size = number, 0
        size += len(each)
    if begin < len(documents):
        yield documents[begin:]


async def _insert_portion(mongo: Mongo, part: Database, name: str, documents: Sequence[bytes], *, again: bool) -> None:
    collection = mongo.database(part)[name]
    rows = [RawBSONDocument(each) for each in documents]
    with translated(f"insert {name}"), timeout(WRITE_S):
        try:
            await collection.insert_many(rows, ordered=False, bypass_document_validation=True)
        except BulkWriteError as error:
            others = [each for each in error.details["writeErrors"] if each["code"] != _DUPLICATE]
            if others or error.details.get("writeConcernErrors"):
                raise
            if not again:
                raise DaraaError(
                    DUPLICATE,
                    f"insert {name}: a document with the same _id is there already.",
                    hint="Something else writes into the target, or the backup holds a document twice: verify it.",
                ) from error


async def replace_raw(mongo: Mongo, part: Database, name: str, key: Any, document: bytes) -> None:
    """Put one whole document in the place of the one with this `_id`, or beside the others; past the validator."""
    with translated(f"replace {name}"), timeout(WRITE_S):
        await mongo.database(part)[name].bulk_write(
            [ReplaceOne({"_id": key}, RawBSONDocument(document), upsert=True)],
            bypass_document_validation=True,
        )


def id_of(document: bytes) -> Any:
    """The `_id` of a whole BSON document; None when it has none."""
    return RawBSONDocument(document).get("_id")


async def count(mongo: Mongo, part: Database, name: str) -> int:
    """How many documents the collection holds, counted and not estimated."""
    with translated(f"count {name}"), timeout(READ_S * 10):
        return await mongo.database(part)[name].count_documents({})


def extended(text: bytes) -> Any:
    """Canonical extended JSON as BSON values, every number of the type that it had."""
    return json_util.loads(text.decode(), json_options=json_util.CANONICAL_JSON_OPTIONS)


def same_options(options: Mapping[str, Any]) -> Raw:
    """A collection's options in a form that compares equal: defaults that only some servers list are added."""
    words = {key: value for key, value in options.items() if key not in ("uuid", "autoIndexId")}
    if words.get("validator"):
        words = {**_OPTION_DEFAULTS, **words}
    else:
        words = {key: value for key, value in words.items() if key not in ("validator", *_OPTION_DEFAULTS)}
    return {key: _comparable(value) for key, value in words.items()}


def same_index(index: Mapping[str, Any]) -> Raw:
    """An index in a form that compares equal; the order of its keys counts, the server's own additions do not."""
    words = {key: value for key, value in index.items() if key not in _OWN_WORDS}
    keys = [[path, _comparable(direction)] for path, direction in words.pop("key").items()]
    flags = {word: value for word, value in words.items() if value is not False or word not in ("unique", "sparse")}
    return {**{word: _comparable(value) for word, value in flags.items()}, "key": keys}


def _comparable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def not_done(what: str) -> DaraaError:
    """The server answered `ok: 1` and it is not so."""
    return DaraaError(
        NOT_DONE,
        f"{what}: the server confirmed it, but it is not so when read back.",
        hint="Does something else change the target at the same time? Run the same command again to continue.",
    )
