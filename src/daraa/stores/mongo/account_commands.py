"""The commands about database accounts and roles; only the administrator may send them."""

from collections.abc import Mapping
from typing import Any

from pymongo import timeout
from pymongo.errors import OperationFailure

from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo.client import Mongo, Raw, make_client
from daraa.stores.mongo.errors import translated

COMMAND_S = 30.0
"""Longest wait for one answer, in seconds."""
_DENIED, _WRONG_PASSWORD = 13, 18


async def read_roles(mongo: Mongo) -> dict[str, Raw]:
    """Every custom role of the admin database by name, with its own privileges and the roles it inherits."""
    with translated("rolesInfo"), timeout(COMMAND_S):
        answer = await mongo.client.admin.command({"rolesInfo": 1, "showPrivileges": True})
    return {str(role["role"]): dict(role) for role in answer["roles"] if not role.get("isBuiltin")}


async def read_users(mongo: Mongo) -> dict[str, list[str]]:
    """Every user of the admin database with the names of its roles."""
    with translated("usersInfo"), timeout(COMMAND_S):
        answer = await mongo.client.admin.command({"usersInfo": 1})
    return {str(user["user"]): [str(role["role"]) for role in user["roles"]] for user in answer["users"]}


async def put_role(mongo: Mongo, name: str, words: Mapping[str, Any], *, exists: bool) -> None:
    """`createRole`, or `updateRole` when it exists; `words` are its privileges and inherited roles, whole."""
    with translated(f"role {name}"), timeout(COMMAND_S):
        await mongo.client.admin.command({"updateRole" if exists else "createRole": name, **words})


async def create_user(mongo: Mongo, name: str, password: str) -> None:
    """A user with exactly the role of its own name."""
    words = {"pwd": password, "roles": [{"role": name, "db": "admin"}]}
    with translated(f"user {name}"), timeout(COMMAND_S):
        await mongo.client.admin.command({"createUser": name, **words})


async def set_password(mongo: Mongo, name: str, password: str) -> None:
    """From now on the old password is refused; connections that stand are not cut."""
    with translated(f"user {name}"), timeout(COMMAND_S):
        await mongo.client.admin.command({"updateUser": name, "pwd": password})


async def set_own_role(mongo: Mongo, name: str) -> None:
    """The user holds the role of its own name and no other."""
    with translated(f"user {name}"), timeout(COMMAND_S):
        await mongo.client.admin.command({"updateUser": name, "roles": [{"role": name, "db": "admin"}]})


async def can_log_in(settings: MongoSettings, user: str, password: str) -> bool:
    """True when the server accepts the password; errors other than a refusal are raised."""
    lean = settings.model_copy(update={"pool_min": 0, "pool_max": 1})
    client = make_client(lean, user, password, app_name="daraa-accounts")
    try:
        with translated(f"log in as {user}"), timeout(COMMAND_S):
            try:
                await client.admin.command("connectionStatus")
            except OperationFailure as error:
                if error.code == _WRONG_PASSWORD:
                    return False
                raise
        return True
    finally:
        await client.close()


async def may(mongo: Mongo, database: str, command: Raw) -> bool:
    """True unless the server refuses the command for lack of rights; any other answer means that it was let through.

    Send only commands that change nothing when they are let through.
    """
    with translated("access check"), timeout(COMMAND_S):
        try:
            await mongo.client[database].command(command)
        except OperationFailure as error:
            return error.code != _DENIED
        return True
