"""Creates and mends accounts step by step; killed anywhere, the next run continues."""

from collections.abc import Callable

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings
from daraa.ops.accounts.observe import observe_accounts
from daraa.ops.accounts.plan import executable, plan_accounts
from daraa.ops.accounts.steps import Kind, Step, WantedAccounts
from daraa.stores.mongo import account_commands as commands
from daraa.stores.mongo.client import Mongo
from daraa.stores.process.secret_files import ensure_secret

Say = Callable[[str], None]
NOT_DONE = register(
    "accounts.step.not_done", status=500, en="The server did not do what it confirmed", ar="لم ينفذ الخادم ما أكده"
)


async def apply_accounts(admin: Mongo, settings: Settings, wanted: WantedAccounts, say: Say) -> tuple[Step, ...]:
    """Carry the plan out and read the result back; returns what was done.

    A secret file is whole before its account exists, so no run leaves an account whose password nobody knows. Unknown
    accounts are left alone. Raises `accounts.step.not_done` when the server confirmed something that it did not do.
    """
    steps = executable(plan_accounts(wanted, await observe_accounts(admin, settings, wanted)))
    for number, step in enumerate(steps, 1):
        say(f"[{number}/{len(steps)}] {step.kind}: {step.name}: {step.why}")
        await _execute(admin, settings, wanted, step)
    left = executable(plan_accounts(wanted, await observe_accounts(admin, settings, wanted))) if steps else ()
    if left:
        raise DaraaError(
            NOT_DONE,
            f"{left[0].kind}: {left[0].name}: the server confirmed it, but it is not so when read back: {left[0].why}.",
            hint="Is another installation changing the same accounts?",
        )
    return steps


async def _execute(admin: Mongo, settings: Settings, wanted: WantedAccounts, step: Step) -> None:
    path = settings.secrets_dir / f"mongo_{step.name}"
    role = next(role for role in wanted.roles.values() if role.name == step.name)
    match step.kind:
        case Kind.SECRET:
            ensure_secret(path)
        case Kind.CREATE_ROLE | Kind.UPDATE_ROLE:
            exists = step.kind is Kind.UPDATE_ROLE
            await commands.put_role(admin, step.name, role.as_command(), exists=exists)
        case Kind.CREATE_USER:
            await commands.create_user(admin, step.name, ensure_secret(path))
        case Kind.SET_PASSWORD:
            await commands.set_password(admin, step.name, ensure_secret(path))
        case Kind.SET_ROLE:
            await commands.set_own_role(admin, step.name)
        case _:
            raise TypeError(f"{step} is not executable")
