"""Validators, index plan and roles as they are derived, held against files that a person has read.

After a wanted change: DARAA_TEST_WRITE_GOLDEN=1 rewrites the files, and their difference is reviewed like code.
"""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from daraa.collections import ALL, by_name
from daraa.declare import Access, Collection, Index
from daraa.declare.access import ACCOUNTS, user_name
from daraa.declare.retention import Archive
from daraa.derive.fingerprint import fingerprint
from daraa.derive.indexes import index_plan
from daraa.derive.roles import PROBE_COLLECTION, holds_secrets, roles
from daraa.derive.validators import json_schema

GOLDEN = Path(__file__).parents[2] / "golden"


def golden(name: str, found: Any) -> None:
    """Compare with the file of that name."""
    path = GOLDEN / f"{name}.json"
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("DARAA_TEST_WRITE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert json.loads(path.read_text("utf-8")) == json.loads(text)


@pytest.mark.parametrize("name", ["wallets", "otps"])
def test_the_validator_is_the_one_that_was_reviewed(name: str) -> None:
    golden(f"validator_{name}", json_schema(by_name(name)))


@pytest.mark.parametrize("name", ["carts", "store_categories"])
def test_the_index_plan_is_the_one_that_was_reviewed(name: str) -> None:
    golden(f"indexes_{name}", [spec.as_command() for spec in index_plan(by_name(name))])


def words_of(schema: Any) -> set[str]:
    """Every keyword used anywhere in a schema."""
    found: set[str] = set()
    if isinstance(schema, dict):
        for key, value in schema.items():
            found.add(key)
            inner = value.values() if key == "properties" else [value]
            for each in inner:
                found |= words_of(each)
    elif isinstance(schema, list):
        for each in schema:
            found |= words_of(each)
    return found


MONGODB_KNOWS = {
    "bsonType", "required", "properties", "additionalProperties", "items", "minItems", "maxItems", "enum", "minimum",
    "maximum", "minLength", "maxLength", "pattern", "maxProperties", "$jsonSchema",
}  # fmt: skip


@pytest.mark.parametrize("collection", ALL, ids=lambda each: each.name)
def test_validators_use_only_words_that_mongodb_knows(collection: Collection[Any]) -> None:
    assert words_of(json_schema(collection)) <= MONGODB_KNOWS


@pytest.mark.parametrize("collection", ALL, ids=lambda each: each.name)
def test_every_list_in_a_validator_is_bounded_and_every_object_closed(collection: Collection[Any]) -> None:
    def check(schema: dict[str, Any], path: str) -> None:
        if "items" in schema:
            assert schema["maxItems"] <= 10_000, path
            for inner in schema["items"] if isinstance(schema["items"], list) else [schema["items"]]:
                check(inner, f"{path}[]")
        if "properties" in schema:
            assert schema["additionalProperties"] is False, path
            for name, inner in schema["properties"].items():
                check(inner, f"{path}.{name}")

    check(json_schema(collection)["$jsonSchema"], collection.name)


def test_the_fingerprint_follows_every_part_of_a_declaration_but_not_the_order() -> None:
    carts, otps = by_name("carts"), by_name("otps")
    index = Index("currency", serves="carts of a currency")
    assert fingerprint([carts, otps]) == fingerprint([otps, carts])
    changed = dataclasses.replace(carts, indexes=(*carts.indexes, index))
    assert fingerprint([changed, otps]) != fingerprint([carts, otps])
    assert fingerprint([carts]) != fingerprint([carts, otps])


PREFIX = "daraa"
ROLES = roles(ALL, PREFIX)


def granted(account: str, collection: Collection[Any]) -> set[str]:
    """The actions that a role has on a collection."""
    places = ({"db": PREFIX + collection.database.value, "collection": name} for name in (collection.db_name, ""))
    wanted = list(places)
    return {action for each in ROLES[account].privileges if each["resource"] in wanted for action in each["actions"]}


def test_accounts_are_named_as_in_the_plan_and_apart_for_other_installations() -> None:
    assert {"daraa_app", "daraa_backup", "daraa_readonly"} <= {role.name for role in ROLES.values()}
    assert {key: role.name for key, role in ROLES.items()} == {key: user_name(key) for key in ACCOUNTS}
    others = {role.name for role in roles(ALL, "shop").values()}
    assert others == {f"shop_{key}" for key in ACCOUNTS}


@pytest.mark.parametrize("collection", ALL, ids=lambda each: each.name)
def test_the_app_may_do_what_the_collection_says_and_no_schema_work(collection: Collection[Any]) -> None:
    words = set(collection.access.app.split())
    assert granted("app", collection) - {"listCollections", "listIndexes"} == words


def test_ledger_and_audit_are_insert_only_for_every_account_that_writes_documents() -> None:
    sealed = [each for each in ALL if each.name in ("journals", "wallet_transactions", "audit_logs")]
    assert len(sealed) == 3
    for collection in sealed:
        for account in ROLES:
            assert "remove" not in granted(account, collection), (account, collection.name)
    for collection in sealed[1:]:
        assert "update" not in granted("app", collection), collection.name


def test_only_the_archiver_removes_and_only_what_is_archived() -> None:
    for collection in ALL:
        if "remove" in granted("archiver", collection):
            assert isinstance(collection.retention, Archive), collection.name


def test_the_migrator_drops_no_collection_of_ours_and_removes_no_document() -> None:
    drops = [each["resource"] for each in ROLES["migrator"].privileges if "dropCollection" in each["actions"]]
    assert drops == [{"db": PREFIX, "collection": PROBE_COLLECTION}]
    assert PROBE_COLLECTION not in {each.db_name for each in ALL}
    assert all("remove" not in each["actions"] for each in ROLES["migrator"].privileges)


def test_people_and_the_score_read_no_secret() -> None:
    secret = [each for each in ALL if holds_secrets(each)]
    assert {"otps", "sessions"} <= {each.name for each in secret}
    for collection in secret:
        assert granted("readonly", collection) == set()
        assert granted("probe", collection) == set()


def test_an_action_that_is_misspelt_cannot_reach_a_role() -> None:
    with pytest.raises(ValueError, match="unknown action"):
        Access(app="find instert")
