"""Brings back the database accounts of a backup that the server does not have; those it has are left as they are."""

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings
from daraa.ops.backup.contents import Contents
from daraa.stores.mongo.account_commands import create_user, put_role, read_roles, read_users
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.restore_commands import not_done
from daraa.stores.process.secret_files import ensure_secret

ACCOUNTS_ELSEWHERE = register(
    "backup.accounts.elsewhere", status=400, en="The accounts belong to other databases", ar="الحسابات لقواعد أخرى"
)


def check_accounts_fit(contents: Contents, target: str) -> None:
    """`backup.accounts.elsewhere` unless the target has the name that the roles of the backup speak of."""
    if contents.manifest.prefix != target:
        raise DaraaError(
            ACCOUNTS_ELSEWHERE,
            f"The roles of this backup are about {contents.manifest.prefix}, not about {target}.",
            hint="Leave --accounts out, and run `daraa accounts apply` for that installation.",
        )


async def restore_accounts(admin: Mongo, settings: Settings, contents: Contents) -> tuple[str, ...]:
    """Create what is missing, each with the password of its secret file (made when there is none); returns the names.

    A backup holds no passwords. Raises as `check_accounts_fit`, and `backup.restore.not_done`.
    """
    check_accounts_fit(contents, admin.settings.database)
    schema = await contents.schema()
    done: list[str] = []
    there = await read_roles(admin)
    for role in schema.roles:
        name = str(role["role"])
        if name not in there:
            await put_role(admin, name, {word: role[word] for word in ("privileges", "roles")}, exists=False)
            done.append(name)
    users = await read_users(admin)
    for user in schema.users:
        name = str(user["user"])
        if name not in users:
            await create_user(admin, name, ensure_secret(settings.secrets_dir / f"mongo_{name}"))
            done.append(name)
    held = {*await read_roles(admin), *await read_users(admin)}
    if missing := set(done) - held:
        raise not_done(f"creating {sorted(missing)[0]}")
    return tuple(dict.fromkeys(done))
