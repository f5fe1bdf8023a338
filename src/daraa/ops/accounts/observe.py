"""Reads which roles, accounts and secret files there are, and tries each password."""

from daraa.collections import ALL
from daraa.derive.roles import roles
from daraa.kernel.settings import Settings
from daraa.ops.accounts.steps import LiveAccounts, WantedAccounts
from daraa.stores.mongo.account_commands import can_log_in, read_roles, read_users
from daraa.stores.mongo.client import Mongo


def wanted_accounts(settings: Settings) -> WantedAccounts:
    """What the declarations derive for this installation's databases."""
    prefix = settings.mongo.database
    return WantedAccounts(roles(ALL, prefix), prefix)


async def observe_accounts(admin: Mongo, settings: Settings, wanted: WantedAccounts) -> LiveAccounts:
    """Reads only. A secret file that is there but unusable (empty, open to others) is an error, not a missing one."""
    users = await read_users(admin)
    names = [role.name for role in wanted.roles.values()]
    there = {name for name in names if (settings.secrets_dir / f"mongo_{name}").exists()}
    passwords = {name: settings.secret(f"mongo_{name}").get_secret_value() for name in sorted(there)}
    log_in = {
        name: await can_log_in(admin.settings, name, password) for name, password in passwords.items() if name in users
    }
    return LiveAccounts(await read_roles(admin), users, log_in, frozenset(there))
