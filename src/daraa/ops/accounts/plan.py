"""Decides, without touching anything, which steps bring roles and accounts to what the declarations derive."""

from collections.abc import Iterable, Mapping
from typing import Any

from daraa.declare.access import ADMIN
from daraa.derive.roles import Role
from daraa.ops.accounts.steps import Kind, LiveAccounts, Step, WantedAccounts


def plan_accounts(wanted: WantedAccounts, live: LiveAccounts) -> tuple[Step, ...]:
    """Per account: its secret file, its role, its user, in the order in which a killed run can be continued."""
    steps: list[Step] = []
    for role in wanted.roles.values():
        steps += _secret(role, live)
        steps += _role(role, live)
        steps += _user(role, live)
    known = {role.name for role in wanted.roles.values()} | {ADMIN}
    for name in sorted((set(live.users) | set(live.roles)) - known):
        if name.startswith(f"{wanted.prefix}_"):
            steps.append(Step(Kind.REPORT, name, "no declaration derives this account; left alone"))
    return tuple(steps)


def executable(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps that apply would carry out."""
    return tuple(step for step in steps if step.kind is not Kind.REPORT)


def _secret(role: Role, live: LiveAccounts) -> list[Step]:
    if role.name in live.secrets:
        return []
    return [Step(Kind.SECRET, role.name, f"the file mongo_{role.name} is not there")]


def _role(role: Role, live: LiveAccounts) -> list[Step]:
    there = live.roles.get(role.name)
    if there is None:
        return [Step(Kind.CREATE_ROLE, role.name, role.account.purpose)]
    declared, granted = grants(role.as_command()), grants(there)
    if declared == granted:
        return []
    missing, extra = len(declared - granted), len(granted - declared)
    return [Step(Kind.UPDATE_ROLE, role.name, f"{missing} rights are missing, {extra} are not declared")]


def _user(role: Role, live: LiveAccounts) -> list[Step]:
    if role.name not in live.users:
        return [Step(Kind.CREATE_USER, role.name, role.account.purpose)]
    steps = []
    if live.users[role.name] != [role.name]:
        held = ", ".join(live.users[role.name]) or "none"
        steps.append(Step(Kind.SET_ROLE, role.name, f"it holds {held} instead of its own role"))
    if not live.log_in.get(role.name, False):
        steps.append(Step(Kind.SET_PASSWORD, role.name, "the server knows another password than its secret file"))
    return steps


def grants(words: Mapping[str, Any]) -> frozenset[tuple[str, str, str]]:
    """Every single right as (database, collection, action), inherited roles as ('', role, 'inherits')."""
    found = {
        (str(privilege["resource"].get("db", "")), str(privilege["resource"].get("collection", "")), str(action))
        for privilege in words.get("privileges", ())
        for action in privilege["actions"]
    }
    return frozenset(found | {("", str(role["role"]), "inherits") for role in words.get("roles", ())})
