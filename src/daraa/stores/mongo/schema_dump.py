"""What belongs to a backup beside documents: options and indexes of every collection, views, users and roles."""

from typing import Any

from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from pymongo import timeout

from daraa.declare.collection import Database
from daraa.derive.roles import roles
from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.restore_journal import JOURNAL
from daraa.stores.mongo.schema_commands import READ_S, list_indexes

FORMAT = 1
UNSUPPORTED = register(
    "backup.collection.unsupported",
    status=500,
    en="A collection is of a kind that is not backed up",
    ar="نوع المجموعة غير مدعوم في النسخ الاحتياطي",
)


async def dump_schema(mongo: Mongo) -> Raw:
    """The schema part of a backup: `databases` (with `collections` and `views`), `users`, `roles`.

    Users come without their passwords, which are in the secrets folder. Raises `backup.collection.unsupported` for
    a time-series collection, rather than leave one out.
    """
    databases = [await _database(mongo, part) for part in Database]
    names = [role.name for role in roles((), mongo.settings.database).values()]
    with translated("usersInfo"), timeout(READ_S):
        found = await mongo.client.admin.command({"usersInfo": [{"user": name, "db": "admin"} for name in names]})
    users = [{word: user[word] for word in ("user", "db", "roles") if word in user} for user in found["users"]]
    with translated("rolesInfo"), timeout(READ_S):
        asked = [{"role": name, "db": "admin"} for name in names]
        held = await mongo.client.admin.command({"rolesInfo": asked, "showPrivileges": True})
    words = ("role", "db", "privileges", "roles")
    return {
        "format": FORMAT,
        "databases": databases,
        "users": sorted(users, key=lambda each: str(each["user"])),
        "roles": sorted(
            ({word: role[word] for word in words if word in role} for role in held["roles"]),
            key=lambda each: str(each["role"]),
        ),
    }


def as_extended_json(schema: Raw) -> bytes:
    """The schema part as canonical extended JSON, in which no type is lost."""
    return dumps(schema, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False).encode()


async def _database(mongo: Mongo, part: Database) -> Raw:
    collections: list[Raw] = []
    views: list[Raw] = []
    for each in await _listed(mongo, part):
        entry: dict[str, Any] = {"name": each["name"], "options": each.get("options", {})}
        if each.get("type") == "view":
            views.append(entry)
            continue
        if each.get("type", "collection") != "collection":
            raise DaraaError(
                UNSUPPORTED,
                f"{each['name']} is a {each['type']} collection, which this format does not know.",
                hint="Daraa makes none: move it into a database of its own.",
            )
        uuid = each.get("info", {}).get("uuid")
        if uuid is not None:
            entry["uuid"] = bytes(uuid if isinstance(uuid, bytes) else uuid.bytes).hex()
        entry["indexes"] = [_without_namespace(index) for index in await list_indexes(mongo, part, each["name"])]
        collections.append(entry)
    return {"database": mongo.settings.database + part.value, "collections": collections, "views": views}


async def _listed(mongo: Mongo, part: Database) -> list[Raw]:
    with translated(f"listCollections {mongo.settings.database}{part.value}"), timeout(READ_S):
        found = [dict(each) async for each in await mongo.database(part).list_collections()]
    ours = [each for each in found if not each["name"].startswith("system.") and each["name"] != JOURNAL]
    return sorted(ours, key=lambda each: each["name"])


def _without_namespace(index: Raw) -> Raw:
    # Older servers say here which database it is in; a restore may go to another one.
    return {word: value for word, value in index.items() if word != "ns"}


async def server_seen(mongo: Mongo) -> dict[str, str]:
    """`kind` (mongod or secantus) and `version` of the server, as it calls itself."""
    with translated("buildInfo"), timeout(READ_S):
        info = await mongo.client.admin.command("buildInfo")
    stand_in = info.get("secantusVersion")
    return {"kind": "secantus" if stand_in else "mongod", "version": str(stand_in or info.get("version", "?"))}
