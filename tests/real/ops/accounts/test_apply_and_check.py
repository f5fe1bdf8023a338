"""Accounts on a real server: made once, mended when changed, and refused everything that is not declared."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daraa.collections import ALL, by_name
from daraa.declare.access import ADMIN
from daraa.derive.roles import roles
from daraa.derive.validators import json_schema
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.accounts.apply import apply_accounts
from daraa.ops.accounts.check import check_accounts
from daraa.ops.accounts.observe import observe_accounts, wanted_accounts
from daraa.ops.accounts.plan import plan_accounts
from daraa.ops.accounts.steps import Kind, Step
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.account_commands import can_log_in
from factories.database import environment
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
FEW = tuple(map(by_name, ("carts", "journals", "otps")))


async def apply(admin: Mongo, settings: Settings) -> tuple[Step, ...]:
    return await apply_accounts(admin, settings, wanted_accounts(settings), lambda _: None)


async def plan(admin: Mongo, settings: Settings) -> list[tuple[Kind, str]]:
    wanted = wanted_accounts(settings)
    steps = plan_accounts(wanted, await observe_accounts(admin, settings, wanted))
    return [(step.kind, step.name.removeprefix(f"{wanted.prefix}_")) for step in steps]


async def check(admin: Mongo, settings: Settings) -> dict[str, Check]:
    found = await check_accounts(admin, settings, wanted_accounts(settings), FEW)
    return {each.name.replace(f".{settings.mongo.database}_", "."): each for each in found}


async def make_collections(admin: Mongo) -> None:
    for each in FEW:
        await admin.database(each.database).create_collection(each.db_name, validator=json_schema(each))


async def test_every_account_is_made_once_with_a_secret_of_its_own(admin: Mongo, settings: Settings) -> None:
    assert len(await apply(admin, settings)) == 3 * len(roles(ALL, "any"))
    assert await plan(admin, settings) == []
    files = sorted(settings.secrets_dir.iterdir())
    before = {path.name: path.read_text() for path in files}
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert settings.secrets_dir.stat().st_mode & 0o777 == 0o700
    assert all(len(text) >= 43 for name, text in before.items() if name != f"mongo_{ADMIN}")
    assert len(set(before.values())) == len(before)
    assert await apply(admin, settings) == ()
    assert {path.name: path.read_text() for path in settings.secrets_dir.iterdir()} == before


async def test_what_somebody_changed_by_hand_is_named_and_mended(admin: Mongo, settings: Settings) -> None:
    await apply(admin, settings)
    prefix = settings.mongo.database
    run = admin.client.admin.command
    await run("updateUser", f"{prefix}_app", pwd="another", roles=[{"role": "root", "db": "admin"}])
    await run("grantPrivilegesToRole", f"{prefix}_readonly", privileges=[privilege(prefix, "otps", "find")])
    await run("dropUser", f"{prefix}_probe")
    await run("createUser", f"{prefix}_mallory", pwd="x", roles=[])
    assert await plan(admin, settings) == [
        (Kind.SET_ROLE, "app"),
        (Kind.SET_PASSWORD, "app"),
        (Kind.CREATE_USER, "probe"),
        (Kind.UPDATE_ROLE, "readonly"),
        (Kind.REPORT, "mallory"),
    ]
    await apply(admin, settings)
    assert await plan(admin, settings) == [(Kind.REPORT, "mallory")]
    password = settings.secret(f"mongo_{prefix}_app").get_secret_value()
    assert await can_log_in(settings.mongo, f"{prefix}_app", password)
    assert not await can_log_in(settings.mongo, f"{prefix}_app", "another")
    await run("dropUser", f"{prefix}_mallory")


def privilege(database: str, collection: str, *actions: str) -> dict[str, Any]:
    return {"resource": {"db": database, "collection": collection}, "actions": list(actions)}


async def test_a_lost_secret_file_gets_a_new_password_that_the_server_takes(admin: Mongo, settings: Settings) -> None:
    await apply(admin, settings)
    name = f"mongo_{settings.mongo.database}_app"
    old = settings.secret(name).get_secret_value()
    (settings.secrets_dir / name).unlink()
    assert await plan(admin, settings) == [(Kind.SECRET, "app"), (Kind.SET_PASSWORD, "app")]
    await apply(admin, settings)
    assert settings.secret(name).get_secret_value() != old
    assert await plan(admin, settings) == []


async def test_a_secret_file_that_is_open_to_others_stops_everything(admin: Mongo, settings: Settings) -> None:
    await apply(admin, settings)
    path: Path = settings.secrets_dir / f"mongo_{settings.mongo.database}_app"
    path.chmod(0o644)
    with pytest.raises(DaraaError) as refused:
        await apply(admin, settings)
    assert refused.value.code == "kernel.secret.exposed"
    assert path.read_text() not in str(refused.value)


async def test_every_right_is_granted_or_refused_as_declared_and_no_try_leaves_a_trace(
    admin: Mongo, settings: Settings, mongo_server: MongoServer
) -> None:
    await make_collections(admin)
    await apply(admin, settings)
    checks = await check(admin, settings)
    per_database = mongo_server.kind == "secantus-py"
    for name, found in checks.items():
        expected = {CheckState.OK, CheckState.UNKNOWN} if per_database and name.endswith("rights") else {CheckState.OK}
        assert found.state in expected, found
    assert len(checks) == 2 * len(roles(ALL, "any"))
    for each in FEW:
        assert await admin.collection(each).count_documents({}) == 0
        assert set(await admin.collection(each).index_information()) == {"_id_"}
    names = {name for part in ("", "_ledger") for name in await listed(admin, settings.mongo.database + part)}
    assert names == {each.db_name for each in FEW}


async def test_collections_that_a_try_could_change_are_not_tried_and_the_check_says_so(
    admin: Mongo, settings: Settings
) -> None:
    await apply(admin, settings)
    await admin.database().create_collection("carts", validator=json_schema(FEW[0]), validationAction="warn")
    found = (await check(admin, settings))["accounts.collections"]
    assert found.state is CheckState.UNKNOWN
    assert "3 collections" in found.evidence
    assert await listed(admin, settings.mongo.database) == ["carts"]
    assert await admin.database()["carts"].count_documents({}) == 0


async def listed(admin: Mongo, database: str) -> list[str]:
    return await admin.client[database].list_collection_names()


async def test_a_right_too_many_and_a_right_too_few_are_both_seen(admin: Mongo, settings: Settings) -> None:
    await make_collections(admin)
    await apply(admin, settings)
    prefix = settings.mongo.database
    app, ledger = roles(ALL, prefix)["app"], f"{prefix}_ledger"
    words = app.as_command()
    more = [*words["privileges"], privilege(ledger, "journals", "update", "remove")]
    await admin.client.admin.command("updateRole", app.name, privileges=more, roles=[])
    found = (await check(admin, settings))["accounts.app.rights"]
    assert found.state is CheckState.FAIL
    assert f"may update {ledger}.journals; may remove {ledger}.journals" in found.evidence

    fewer = [each for each in words["privileges"] if each["resource"]["db"] != ledger]
    await admin.client.admin.command("updateRole", app.name, privileges=fewer, roles=[])
    found = (await check(admin, settings))["accounts.app.rights"]
    assert found.state is CheckState.FAIL
    assert f"may not find {ledger}.journals" in found.evidence


async def test_an_account_that_cannot_log_in_fails_its_check(admin: Mongo, settings: Settings) -> None:
    await apply(admin, settings)
    await admin.client.admin.command("updateUser", f"{settings.mongo.database}_backup", pwd="another")
    (settings.secrets_dir / f"mongo_{settings.mongo.database}_probe").unlink()
    found = await check(admin, settings)
    assert found["accounts.backup.login"].state is CheckState.FAIL
    assert found["accounts.probe.login"].state is CheckState.FAIL
    assert found["accounts.app.login"].state is CheckState.OK
    assert "another" not in found["accounts.backup.login"].evidence


async def test_the_app_cannot_change_the_ledger_or_the_schema(
    admin: Mongo, settings: Settings, mongo_server: MongoServer
) -> None:
    await make_collections(admin)
    await apply(admin, settings)
    app = open_mongo(settings, "app")
    journals = by_name("journals")
    for attempt in (
        app.collection(journals).update_one({"_id": "x"}, {"$set": {"ver": 2}}),
        app.collection(journals).delete_one({"_id": "x"}),
        app.collection(journals).drop(),
        app.collection(journals).create_index("kind"),
        app.database(journals.database).command("collMod", "journals"),
    ):
        with pytest.raises(Exception, match=r"not authorized|Unauthorized"):
            await attempt
    assert await app.collection(journals).find_one() is None
    await app.close()


@pytest.mark.parametrize("crash", ["2:before", "5:after", "9:after", "14:after:createRole,createUser"])
async def test_a_killed_apply_is_continued_by_the_next_one(crash: str, admin: Mongo, settings: Settings) -> None:
    command = [sys.executable, "-m", "daraa.cli", "accounts", "apply"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("DARAA_")} | environment(settings)
    killed = subprocess.run(command, env=env | {"DARAA_TEST_CRASH_COMMAND": crash}, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert await plan(admin, settings) != []
    await apply(admin, settings)
    assert await plan(admin, settings) == []
