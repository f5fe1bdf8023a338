"""The matrix of rights that a check tries, each as a command that changes nothing even when it is let through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Collection
from daraa.derive.roles import Role

NOWHERE = "no_document_has_this_id"
NO_COLLECTION = "noCollectionHasThisName"
TRIED = ("find", "insert", "update", "remove", "collMod", "createIndex", "dropIndex")
# What the built-in roles that we inherit grant on our databases (their documentation, checked on a live server).
BUILTIN_GRANTS = {"clusterMonitor": set[str]()}


@dataclass(frozen=True, slots=True)
class Right:
    """One action on one collection of one database."""

    database: str
    collection: str
    action: str

    @property
    def place(self) -> str:
        """`daraa.orders`."""
        return f"{self.database}.{self.collection}"

    def command(self) -> dict[str, Any]:
        """A command that needs exactly this right and has no effect.

        Updates and removals match nothing. The inserted document fits no validator of ours and has an array as its
        id, which a mongod refuses anyway; so inserts are tried only where a validator is in force. An index of a name
        that does not exist is dropped, `_id_` is created again, collMod is given nothing to change, and only a
        collection that does not exist is dropped.
        """
        name = self.collection
        commands: dict[str, dict[str, Any]] = {
            "find": {"find": name, "filter": {"_id": NOWHERE}, "limit": 1, "singleBatch": True},
            "insert": {"insert": name, "documents": [{"_id": [NOWHERE]}]},
            "update": {"update": name, "updates": [{"q": {"_id": NOWHERE}, "u": {"$set": {"ver": 1}}}]},
            "remove": {"delete": name, "deletes": [{"q": {"_id": NOWHERE}, "limit": 1}]},
            "collMod": {"collMod": name},
            "createIndex": {"createIndexes": name, "indexes": [{"key": {"_id": 1}, "name": "_id_"}]},
            "dropIndex": {"dropIndexes": name, "index": NOWHERE},
            "dropCollection": {"drop": name},
        }
        return commands[self.action]


def rights_to_try(collections: Iterable[Collection[Any]], prefix: str) -> tuple[Right, ...]:
    """Every action on every collection, and the drop of a collection in every database.

    Give only collections that are there with their validators in force: a try must not make one.
    """
    known = tuple(collections)
    each = [Right(prefix + one.database.value, one.db_name, action) for one in known for action in TRIED]
    databases = sorted({prefix + one.database.value for one in known})
    return (*each, *(Right(database, NO_COLLECTION, "dropCollection") for database in databases))


def allowed(role: Role, right: Right) -> bool:
    """True when the declarations grant it."""
    return _inherited(role, right) or any(
        privilege["resource"] in ({"db": right.database, "collection": name} for name in (right.collection, ""))
        and right.action in privilege["actions"]
        for privilege in role.privileges
    )


def allowed_somewhere_in(role: Role, right: Right) -> bool:
    """True when the role may do it to any collection of that database."""
    return _inherited(role, right) or any(
        privilege["resource"]["db"] == right.database and right.action in privilege["actions"]
        for privilege in role.privileges
    )


def _inherited(role: Role, right: Right) -> bool:
    return any(right.action in BUILTIN_GRANTS.get(name, set()) for name in role.account.builtin)
