"""Logs in as every account and proves on the live server what it may do, and above all what it may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Collection, Database
from daraa.derive.roles import Role
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.accounts.rights import Right, allowed, allowed_somewhere_in, rights_to_try
from daraa.ops.accounts.steps import WantedAccounts
from daraa.stores.mongo.account_commands import may
from daraa.stores.mongo.client import Mongo, open_mongo
from daraa.stores.mongo.schema_commands import list_collections

APPLY = "Run `daraa accounts apply`; if it stays, the server does not enforce what it was told."
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """One right that was tried: what is declared and what the server did."""

    right: Right
    declared: bool
    let_through: bool
    coarse: bool
    """The server lets it through because another collection of the same database grants it."""


async def check_accounts(
    admin: Mongo, settings: Settings, wanted: WantedAccounts, known: Iterable[Collection[Any]]
) -> list[Check]:
    """Two checks per account: that it can log in, and that every right is granted or refused as declared."""
    known = tuple(known)
    collections = await _guarded(admin, known)
    checks: list[Check] = []
    if untried := len(known) - len(collections):
        evidence = f"{untried} collections are not there or their validator is not in force: no right on them was tried"
        checks.append(Check("accounts.collections", CheckState.UNKNOWN, evidence, "Run `daraa schema apply` first."))
    for key, role in wanted.roles.items():
        lean = settings.mongo.model_copy(update={"pool_min": 0})
        try:
            mongo = open_mongo(settings.model_copy(update={"mongo": lean}), key)
        except DaraaError as error:
            checks.append(Check(f"accounts.{role.name}.login", CheckState.FAIL, error.message, APPLY))
            continue
        try:
            checks += await _check_one(mongo, role, rights_to_try(collections, wanted.prefix))
        finally:
            await mongo.close()
    return checks


async def _guarded(admin: Mongo, known: tuple[Collection[Any], ...]) -> tuple[Collection[Any], ...]:
    """The collections that are there and refuse a document that does not fit, so that a try leaves no trace."""
    strict: set[tuple[Database, str]] = set()
    for part in Database:
        for raw in await list_collections(admin, part):
            options = raw.get("options", {})
            if options.get("validator") and options.get("validationAction", "error") == "error":
                strict.add((part, raw["name"]))
    return tuple(each for each in known if (each.database, each.db_name) in strict)


async def _check_one(mongo: Mongo, role: Role, rights: tuple[Right, ...]) -> list[Check]:
    try:
        await mongo.log_in()
    except DaraaError as error:
        return [Check(f"accounts.{role.name}.login", CheckState.FAIL, error.message, APPLY)]
    login = Check(f"accounts.{role.name}.login", CheckState.OK, "logs in with the password of its secret file")
    tried = []
    for right in rights:
        let_through = await may(mongo, right.database, right.command())
        declared = allowed(role, right)
        coarse = let_through and not declared and allowed_somewhere_in(role, right)
        tried.append(Tried(right, declared, let_through, coarse))
    return [login, verdict(role, tried)]


def verdict(role: Role, tried: list[Tried]) -> Check:
    """Fails on any right that is not as declared; unknown where the server only tells databases apart."""
    name = f"accounts.{role.name}.rights"
    wrong = [each for each in tried if each.let_through != each.declared and not each.coarse]
    granted = sum(each.declared for each in tried)
    if wrong:
        listed = "; ".join(
            f"may{'' if each.let_through else ' not'} {each.right.action} {each.right.place}" for each in wrong[:SHOWN]
        )
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        return Check(name, CheckState.FAIL, f"{len(wrong)} of {len(tried)} not as declared: {listed}{more}", APPLY)
    coarse = sum(each.coarse for each in tried)
    if coarse:
        return Check(
            name,
            CheckState.UNKNOWN,
            f"{coarse} of {len(tried)} refusals could not be seen: this server tells databases apart, not collections",
            "A mongod enforces them; the Python stand-in does not.",
        )
    refused = len(tried) - granted
    return Check(name, CheckState.OK, f"{granted} rights granted and {refused} refused, as declared")
