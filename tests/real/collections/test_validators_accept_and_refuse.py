"""Every validator on a real server: documents of the declared shape go in, each single fault is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import BulkWriteError, WriteError

from daraa.collections import ALL
from daraa.collections.addresses import ADDRESSES
from daraa.declare import Collection
from daraa.derive.examples import invalid_documents, valid_document
from daraa.derive.validators import json_schema
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.codec import decode, encode
from factories.database import as_admin, own_settings
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
REFUSED = 121
EVERY = pytest.mark.parametrize("collection", ALL, ids=lambda each: each.name)


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    home: Path = tmp_path_factory.mktemp("home")
    async with as_admin(mongo_server, own_settings(mongo_server, home)) as opened:
        for each in ALL:
            await opened.database(each.database).create_collection(each.db_name, validator=json_schema(each))
        yield opened


@EVERY
async def test_documents_of_the_declared_shape_are_accepted_and_read_back(
    collection: Collection[Any], mongo: Mongo
) -> None:
    documents = [valid_document(collection, seed) for seed in range(5)]
    await mongo.collection(collection).insert_many(documents)
    # What our own code writes: numbers as the driver sends them, absent instead of null.
    model = decode(collection.document, valid_document(collection, 6))
    await mongo.collection(collection).insert_one(encode(model))
    stored = await mongo.collection(collection).find_one({"_id": model.id})
    assert stored is not None
    assert decode(collection.document, stored) == model


@EVERY
async def test_a_document_without_its_optional_fields_is_accepted(collection: Collection[Any], mongo: Mongo) -> None:
    document = valid_document(collection, 100)
    optional = [name for name, child in collection.shape.fields.items() if not child.required]
    aliases = {name: collection.document.model_fields[name].alias for name in optional}
    for name in optional:
        del document[aliases[name]]
    await mongo.collection(collection).insert_one(document)


@EVERY
async def test_every_single_fault_is_refused(collection: Collection[Any], mongo: Mongo) -> None:
    faults = invalid_documents(collection)
    with pytest.raises(BulkWriteError) as refused:
        await mongo.collection(collection).insert_many([document for _, document in faults], ordered=False)
    codes = {error["index"]: error["code"] for error in refused.value.details["writeErrors"]}
    let_in = [why for number, (why, _) in enumerate(faults) if codes.get(number) != REFUSED]
    assert let_in == []


@pytest.mark.parametrize("place", [[36.1, 120.0], [36.1, -90.5], [181.0, 32.6]], ids=str)
async def test_a_place_that_is_not_on_earth_is_refused(place: list[float], mongo: Mongo) -> None:
    address = valid_document(ADDRESSES, 200)
    await mongo.collection(ADDRESSES).insert_one(address)
    with pytest.raises(WriteError) as refused:
        await mongo.collection(ADDRESSES).update_one(
            {"_id": address["_id"]}, {"$set": {"location": {"type": "Point", "coordinates": place}}}
        )
    assert refused.value.code == REFUSED
    await mongo.collection(ADDRESSES).delete_one({"_id": address["_id"]})
