"""Lends the restore account the right to fill one more database than its scratch, for as long as one restore runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo import timeout

from daraa.declare.access import user_name
from daraa.derive.roles import SCRATCH, restores_into
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.stores.mongo.account_commands import COMMAND_S, put_role, read_roles, read_users
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.restore_commands import not_done
from daraa.stores.mongo.restore_journal import Journal

NO_ACCOUNT = register(
    "backup.restore.no_account", status=500, en="The restore account is missing", ar="حساب الاستعادة غير موجود"
)


@asynccontextmanager
async def lent(admin: Mongo, target: str) -> AsyncIterator[None]:
    """While inside, the restore account may fill the databases of `target` too; afterwards no longer.

    A process killed inside leaves the loan: `daraa accounts check` names it, `daraa accounts apply` ends it; so does
    the end of the next restore into the same target. While another process restores into it, the loan is left to that.
    """
    account = user_name("restore", admin.settings.database)
    role = f"{account}_into_{target}"
    rights = {"privileges": list(restores_into(target)), "roles": []}
    await put_role(admin, role, rights, exists=role in await read_roles(admin))
    await _hold(admin, account, {*await _held(admin, account), account, role})
    try:
        yield
    finally:
        if not await _into(admin, target).held_by_another(SYSTEM_CLOCK.now()):
            await _end_loan(admin, account, role)


def _into(admin: Mongo, target: str) -> Journal:
    settings = admin.settings.model_copy(update={"database": target})
    return Journal(Mongo(admin.client, settings, admin.capabilities))


async def _end_loan(admin: Mongo, account: str, role: str) -> None:
    await _hold(admin, account, set(await _held(admin, account)) - {role})
    with translated(f"role {role}"), timeout(COMMAND_S):
        await admin.client.admin.command({"dropRole": role})
    if role in await read_roles(admin):
        raise not_done(f"dropRole {role}")


def is_scratch(target: str, prefix: str) -> bool:
    """True for the databases that the restore account may fill at any time."""
    return target == prefix + SCRATCH[0]


async def _held(admin: Mongo, account: str) -> list[str]:
    users = await read_users(admin)
    if account not in users:
        raise DaraaError(
            NO_ACCOUNT, f"The database has no account {account}.", hint="Run `daraa accounts apply` first."
        )
    return users[account]


async def _hold(admin: Mongo, account: str, roles: set[str]) -> None:
    with translated(f"user {account}"), timeout(COMMAND_S):
        held = [{"role": role, "db": "admin"} for role in sorted(roles)]
        await admin.client.admin.command({"updateUser": account, "roles": held})
    if set(await _held(admin, account)) != roles:
        raise not_done(f"updateUser {account}")
