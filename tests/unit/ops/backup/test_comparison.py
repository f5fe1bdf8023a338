"""Every way in which a restored copy can differ is said in words that name it."""

from typing import Any

import pytest

from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.ops.backup.comparison import (
    differing_content,
    differing_indexes,
    differing_options,
    differing_proofs,
    strays,
)
from daraa.ops.backup.integrity import Subset, parse_subset
from daraa.ops.backup.manifest import CollectionPart

ORDERS = CollectionPart(database="daraa", collection="orders", documents=2, bytes=9, content_hash="a" * 64, chunks=())
INDEXES: list[dict[str, Any]] = [
    {"v": 2, "name": "_id_", "key": {"_id": 1}},
    {"v": 2, "name": "both", "key": {"a": 1, "b": -1}},
    {"v": 2, "name": "one", "key": {"a": 1}, "unique": True, "partialFilterExpression": {"a": {"$gt": 1}}},
]
VALIDATOR = {"validator": {"$jsonSchema": {"required": ["a"]}}, "validationLevel": "strict"}


def test_equal_content_is_no_finding() -> None:
    assert differing_content(ORDERS, 2, "a" * 64) == []


def test_a_missing_document_and_a_changed_one_are_told_apart() -> None:
    assert differing_content(ORDERS, 1, "b" * 64) == ["daraa.orders: 1 documents in the restored copy, 2 in the backup"]
    assert "the content differs" in differing_content(ORDERS, 2, "b" * 64)[0]


def test_indexes_that_servers_spell_differently_are_equal() -> None:
    there = [{**each, "ns": "x.orders", "background": True, "v": 1, "sparse": False} for each in INDEXES]
    there[1] = {**there[1], "key": {"a": 1.0, "b": -1.0}}
    assert differing_indexes("daraa.orders", INDEXES, there) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"unique": False}, "the index one is another one"),
        ({"key": {"b": 1}}, "the index one is another one"),
        ({"partialFilterExpression": {"a": {"$gt": 2}}}, "the index one is another one"),
        ({"expireAfterSeconds": 5}, "the index one is another one"),
        ({"name": "two"}, "the index one is missing"),
    ],
)
def test_a_changed_index_is_named(change: dict[str, Any], finding: str) -> None:
    found = differing_indexes("daraa.orders", INDEXES, [*INDEXES[:2], {**INDEXES[2], **change}])
    assert found[0].startswith(f"daraa.orders: {finding}")


def test_the_order_of_an_index_s_keys_counts() -> None:
    turned = {**INDEXES[1], "key": {"b": -1, "a": 1}}
    assert differing_indexes("daraa.orders", INDEXES, [INDEXES[0], turned, INDEXES[2]])


def test_an_index_too_many_is_named() -> None:
    found = differing_indexes("daraa.orders", INDEXES, [*INDEXES, {"name": "more", "key": {"z": 1}}])
    assert found == ["daraa.orders: the index more is not in the backup"]


@pytest.mark.parametrize(
    ("there", "finding"),
    [
        (None, "the collection is missing"),
        ({}, "the validationAction is missing"),
        ({**VALIDATOR, "validator": {"$jsonSchema": {}}}, "the validator is another one"),
        ({**VALIDATOR, "validationAction": "warn"}, "the validationAction is another one"),
        ({**VALIDATOR, "capped": True}, "the capped is not in the backup"),
    ],
)
def test_a_changed_collection_is_named(there: dict[str, Any] | None, finding: str) -> None:
    assert differing_options("daraa.orders", VALIDATOR, there)[0].startswith(f"daraa.orders: {finding}")


def test_defaults_that_only_some_servers_list_are_no_difference() -> None:
    assert differing_options("o", VALIDATOR, {**VALIDATOR, "validationAction": "error"}) == []
    assert differing_options("o", {}, {"validationLevel": "strict", "validationAction": "error"}) == []


def test_strays_are_named() -> None:
    assert strays(["d.a"], ["d.a", "d.b"]) == ["d.b: the collection is not in the backup"]


def test_a_proof_that_failed_before_is_no_finding_and_one_that_could_not_run_always_is() -> None:
    failed = Check("proof.money", CheckState.FAIL, "3 violations")
    unknown = Check("proof.stock", CheckState.UNKNOWN, "could not run")
    good = Check("proof.orders", CheckState.OK, "0 violations")
    assert differing_proofs([failed, good], {}) == ["proof.money: 3 violations"]
    assert differing_proofs([failed], {"proof.money": "fail"}) == []
    assert differing_proofs([failed], {"proof.money": "ok"}) == ["proof.money: 3 violations"]
    assert differing_proofs([unknown], {"proof.stock": "unknown"}) == ["proof.stock: could not run"]


def test_all_samples_together_take_every_object_once() -> None:
    samples = [parse_subset(f"{number}/3") for number in (1, 2, 3)]
    assert [sum(sample.takes(place) for sample in samples) for place in range(10)] == [1] * 10
    assert parse_subset("") == Subset(1, 1)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/", "/2", "1/0", "-1/2", "1.0/2", "٣/٧"])
def test_what_is_no_sample_is_refused(text: str) -> None:
    with pytest.raises(DaraaError) as refused:
        parse_subset(text)
    assert refused.value.code == "backup.subset.invalid"
