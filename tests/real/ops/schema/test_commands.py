"""The `daraa schema` and `daraa accounts` commands as an operator types them, with their exit statuses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import daraa
from daraa.collections import ALL, by_name
from daraa.declare import Is, Query, eq
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.drift import missing_indexes, schema_is_current
from factories.database import environment, migrator_only

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
CARTS = by_name("carts")
NEW_FILE = '''"""Wishes: what a customer would like to find."""

from daraa.declare import Access, Collection, Document, Index, Keep, NotCached


class Wish(Document):
    words: str


WISHES = Collection(
    Wish,
    name="wishes",
    purpose="What a customer searched for and did not find.",
    prefix="wsh",
    indexes=(Index("words", serves="wishes by their words"),),
    retention=Keep(because="stores look at them"),
    cache=NotCached(because="nobody reads it often"),
    access=Access(app="find insert"),
)
'''


def run(settings: Settings, *words: str, source: Path | None = None) -> tuple[int, str, str]:
    """Exit status, standard output and error of one command."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("DARAA_", "PYTHON"))}
    env = inherited | environment(settings) | ({"PYTHONPATH": str(source)} if source else {})
    done = subprocess.run(
        [sys.executable, "-m", "daraa.cli", *words], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
async def installed(settings: Settings, admin: Mongo) -> Settings:
    """Accounts and schema applied by their commands."""
    assert run(settings, "accounts", "apply")[0] == 0
    status, said, wrong = run(settings, "schema", "apply")
    assert status == 0, said + wrong
    return settings


async def test_without_the_migrator_account_the_message_says_what_to_run(settings: Settings) -> None:
    status, _, wrong = run(settings, "schema", "plan")
    assert status == 1
    assert "daraa accounts apply" in wrong
    assert "Traceback" not in wrong


async def test_the_commands_of_a_first_installation(settings: Settings, admin: Mongo) -> None:
    assert run(settings, "accounts", "plan")[0] == 2
    assert run(settings, "accounts", "apply")[0] == 0
    assert run(settings, "accounts", "plan")[0] == 0
    assert run(settings, "schema", "plan")[0] == 2
    assert run(settings, "schema", "apply")[0] == 0
    status, said, _ = run(settings, "schema", "plan", "--json")
    assert (status, json.loads(said)["pending"]) == (0, 0)
    status, said, _ = run(settings, "schema", "check", "--format", "metrics")
    assert status == 0
    assert 'daraa_schema_check_ok{check="schema.fingerprint",state="ok"} 1' in said
    status, said, _ = run(settings, "accounts", "check", "--json")
    assert status == 0
    assert {each["state"] for each in json.loads(said)["checks"]} <= {"ok", "unknown"}


async def test_plan_names_what_was_changed_by_hand_and_apply_mends_what_it_may(
    installed: Settings, admin: Mongo
) -> None:
    lost = CARTS.index_serving("a customer's carts by activity").name
    ttl = CARTS.index_serving("the expiry by expires at").name
    await admin.collection(CARTS).drop_index(lost)
    await admin.database().command("collMod", "carts", index={"name": ttl, "expireAfterSeconds": 60})
    await admin.collection(CARTS).create_index("currency", name="stray")

    status, said, _ = run(installed, "schema", "plan")
    assert status == 2
    assert [name in said for name in (f"carts.{lost}", f"carts.{ttl}", "carts.stray")] == [True] * 3
    status, said, _ = run(installed, "schema", "check")
    assert status == 2
    assert f"carts.{lost} is missing" in said

    status, said, _ = run(installed, "schema", "apply", "--json")
    assert status == 0
    assert {step["name"] for step in json.loads(said)["done"]} == {f"carts.{lost}", f"carts.{ttl}"}
    status, said, _ = run(installed, "schema", "plan", "--json")
    left = [step["name"] for step in json.loads(said)["steps"] if step["pending"]]
    assert (status, left) == (2, ["carts.stray"])

    assert run(installed, "schema", "apply", "--drop", f"carts.{lost}")[0] == 1
    assert run(installed, "schema", "apply", "--drop", "carts.stray")[0] == 0
    assert run(installed, "schema", "plan")[0] == 0


async def test_a_running_api_sees_what_it_relies_on_go_missing(installed: Settings, admin: Mongo) -> None:
    serves = "a customer's carts by activity"
    query = Query(CARTS, "of_customer", serves=serves, where=(eq("customer_id"), Is("is_active", True)))
    app = open_mongo(installed, "app")
    try:
        assert await missing_indexes(app, [query]) == []
        assert await schema_is_current(app, ALL)
        assert not await schema_is_current(app, ALL[1:])
        await admin.collection(CARTS).drop_index(query.index.name)
        assert await missing_indexes(app, [query]) == [f"carts.{query.index.name}"]
    finally:
        await app.close()


async def test_a_new_collection_with_an_index_is_one_file_and_one_line(installed: Settings, tmp_path: Path) -> None:
    source = tmp_path / "src"
    shutil.copytree(Path(daraa.__file__).parent, source / "daraa", ignore=shutil.ignore_patterns("__pycache__"))
    collections = source / "daraa" / "collections"
    (collections / "wishes.py").write_text(NEW_FILE)
    registry = collections / "__init__.py"
    registry.write_text(registry.read_text().replace("NAMES = (\n", 'NAMES = (\n    "wishes",\n', 1))

    status, said, wrong = run(installed, "schema", "plan", "--json", source=source)
    assert status == 2, wrong
    steps = [(step["kind"], step["name"].split("__")[0]) for step in json.loads(said)["steps"] if step["pending"]]
    record = ("in place", "schemaStates")
    assert steps == [("create", "wishes"), ("create", "wishes.wishes_by_their_words"), record]
    assert run(installed, "accounts", "plan", source=source)[0] == 2
    assert run(installed, "schema", "apply", source=source)[0] == 0
    assert run(installed, "schema", "plan", source=source)[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("schema", "show", "cart"), "carts"),
        (("schema", "apply", "--validators", "off"), "off"),
        (("schema", "apply", "--drop", "nothing"), "The index nothing is not there"),
    ],
)
async def test_bad_input_is_one_clear_message(
    words: tuple[str, ...], said: str, settings: Settings, admin: Mongo
) -> None:
    await migrator_only(admin, settings)
    status, _, wrong = run(settings, *words)
    assert status in (1, 2)
    assert said in wrong
    assert "Traceback" not in wrong
    assert await admin.database().list_collection_names() == []


async def test_show_tells_what_is_declared_without_a_database(settings: Settings) -> None:
    status, said, _ = run(settings, "schema", "show", "orders")
    assert status == 0
    assert "serves an order by its number" in said
    assert "archived, then removed, 6 months after completedAt" in said
    status, said, _ = run(settings, "schema", "show", "--json")
    assert {each["collection"] for each in json.loads(said)} >= {"orders", "walletTransactions"}


async def test_a_database_that_does_not_answer_is_one_clear_message(settings: Settings) -> None:
    secret = settings.secrets_dir / f"mongo_{settings.mongo.database}_migrator"
    secret.write_text("x")
    secret.chmod(0o600)
    nowhere = settings.mongo.model_copy(update={"url": "mongodb://127.0.0.1:1/", "server_selection_s": 0.5})
    status, _, wrong = run(settings.model_copy(update={"mongo": nowhere}), "schema", "plan")
    assert status == 1
    assert "no database server answers" in wrong
    assert "Traceback" not in wrong
