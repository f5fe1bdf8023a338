"""Which steps bring accounts to what is derived, and how a check judges what a server let through."""

import dataclasses

import pytest

from daraa.collections import ALL, by_name
from daraa.derive.roles import roles
from daraa.kernel.checks import CheckState
from daraa.ops.accounts.check import Tried, verdict
from daraa.ops.accounts.plan import executable, plan_accounts
from daraa.ops.accounts.rights import Right, allowed, allowed_somewhere_in, rights_to_try
from daraa.ops.accounts.steps import Kind, LiveAccounts, WantedAccounts

WANTED = WantedAccounts(roles(ALL, "daraa"), "daraa")
NAMES = [role.name for role in WANTED.roles.values()]
AS_DECLARED = LiveAccounts(
    roles={role.name: role.as_command() for role in WANTED.roles.values()},
    users={name: [name] for name in [*NAMES, "daraa_admin", "somebody_else"]},
    log_in=dict.fromkeys(NAMES, True),
    secrets=frozenset(NAMES),
)


def steps(**words: object) -> list[tuple[Kind, str]]:
    live = dataclasses.replace(AS_DECLARED, **words)  # type: ignore[arg-type]
    return [(step.kind, step.name) for step in plan_accounts(WANTED, live)]


def test_accounts_as_declared_need_nothing() -> None:
    assert steps() == []


def test_an_empty_server_gets_secret_role_and_account_in_this_order() -> None:
    found = steps(roles={}, users={}, log_in={}, secrets=frozenset())
    assert found[:3] == [(kind, "daraa_app") for kind in (Kind.SECRET, Kind.CREATE_ROLE, Kind.CREATE_USER)]
    assert len(found) == 3 * len(NAMES)


def test_a_run_that_died_between_secret_and_account_is_continued() -> None:
    without = {name: held for name, held in AS_DECLARED.users.items() if name != "daraa_app"}
    assert steps(users=without) == [(Kind.CREATE_USER, "daraa_app")]


def test_a_role_that_grants_more_is_updated() -> None:
    more = dict(AS_DECLARED.roles["daraa_readonly"])
    more["privileges"] = [*more["privileges"], {"resource": {"db": "daraa", "collection": "otps"}, "actions": ["find"]}]
    assert steps(roles={**AS_DECLARED.roles, "daraa_readonly": more}) == [(Kind.UPDATE_ROLE, "daraa_readonly")]


def test_the_order_of_privileges_does_not_count() -> None:
    same = dict(AS_DECLARED.roles["daraa_app"])
    same["privileges"] = list(reversed(same["privileges"]))
    assert steps(roles={**AS_DECLARED.roles, "daraa_app": same}) == []


def test_an_account_with_another_role_or_password_is_mended() -> None:
    found = steps(users={**AS_DECLARED.users, "daraa_app": ["root"]}, log_in={**AS_DECLARED.log_in, "daraa_app": False})
    assert found == [(Kind.SET_ROLE, "daraa_app"), (Kind.SET_PASSWORD, "daraa_app")]


def test_an_unknown_account_of_our_name_is_reported_and_left_alone() -> None:
    live = dataclasses.replace(AS_DECLARED, users={**AS_DECLARED.users, "daraa_mallory": ["root"]})
    found = plan_accounts(WANTED, live)
    assert [(step.kind, step.name) for step in found] == [(Kind.REPORT, "daraa_mallory")]
    assert executable(found) == ()


APP = WANTED.roles["app"]
READ, CHANGE = Right("daraa_ledger", "journals", "find"), Right("daraa_ledger", "journals", "update")


def tried(right: Right, *, let_through: bool) -> Tried:
    declared = allowed(APP, right)
    coarse = let_through and not declared and allowed_somewhere_in(APP, right)
    return Tried(right, declared, let_through, coarse)


def test_a_right_too_many_fails_and_is_named() -> None:
    check = verdict(APP, [tried(READ, let_through=True), tried(CHANGE, let_through=True)])
    assert check.state is CheckState.FAIL
    assert "may update daraa_ledger.journals" in check.evidence


def test_a_right_too_few_fails_and_is_named() -> None:
    check = verdict(APP, [tried(READ, let_through=False)])
    assert check.state is CheckState.FAIL
    assert "may not find daraa_ledger.journals" in check.evidence


def test_a_refusal_that_the_server_cannot_express_is_unknown_not_good() -> None:
    other = Right("daraa", "schemaStates", "insert")
    assert not allowed(APP, other)
    check = verdict(APP, [tried(READ, let_through=True), tried(other, let_through=True)])
    assert check.state is CheckState.UNKNOWN
    assert "1 of 2" in check.evidence


def test_everything_as_declared_is_ok() -> None:
    assert verdict(APP, [tried(READ, let_through=True), tried(CHANGE, let_through=False)]).state is CheckState.OK


@pytest.mark.parametrize("action", ["find", "insert", "update", "remove", "collMod", "createIndex", "dropIndex"])
def test_the_matrix_tries_every_action_on_every_collection(action: str) -> None:
    matrix = rights_to_try(ALL, "daraa")
    assert {right.collection for right in matrix if right.action == action} == {each.db_name for each in ALL}


def test_no_try_names_a_real_collection_to_drop() -> None:
    names = {each.db_name for each in ALL}
    drops = [right for right in rights_to_try([by_name("carts")], "daraa") if right.action == "dropCollection"]
    assert drops
    assert all(right.collection not in names for right in drops)
