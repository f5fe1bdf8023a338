"""What a server lists is compared with what is declared, whatever the server adds on its own."""

from typing import Any

import pytest
from bson import SON, Int64

from daraa.collections import ALL, by_name
from daraa.derive.indexes import IndexSpec, index_plan
from daraa.ops.schema.live import index_from, plain, signature, wanted_index

# As a mongod 7.0 answers listIndexes for a text index: inner keys, weights of every path, version numbers.
LISTED_TEXT = {
    "v": 2,
    "key": SON([("_fts", "text"), ("_ftsx", 1)]),
    "name": "things_by_text__000000",
    "weights": SON([("name.ar", 10), ("tags", 5)]),
    "default_language": "none",
    "language_override": "textLanguage",
    "textIndexVersion": 3,
}


def spec(*keys: tuple[str, Any], **options: Any) -> IndexSpec:
    return IndexSpec("things_by_text__000000", "things by text", keys, options)


def test_a_listed_text_index_equals_the_declared_one() -> None:
    words = {"weights": {"tags": 5, "name.ar": 10}, "default_language": "none", "language_override": "textLanguage"}
    assert index_from(LISTED_TEXT) == wanted_index(spec(("name.ar", "text"), ("tags", "text"), **words))


def test_another_weight_is_another_text_index() -> None:
    words = {"weights": {"tags": 6, "name.ar": 10}, "default_language": "none", "language_override": "textLanguage"}
    assert index_from(LISTED_TEXT) != wanted_index(spec(("name.ar", "text"), ("tags", "text"), **words))


def test_the_defaults_that_a_server_adds_to_a_collation_do_not_count() -> None:
    listed = {"locale": "ar", "caseLevel": False, "strength": 1, "alternate": "non-ignorable", "version": "57.1"}
    declared = wanted_index(spec(("name", 1), collation={"locale": "ar", "strength": 1}))
    raw: dict[str, Any] = {"v": 2, "key": {"name": 1.0}, "name": declared.name, "collation": listed}
    assert index_from(raw) == declared
    assert index_from({**raw, "collation": {**listed, "strength": 2}}) != declared
    assert index_from({key: value for key, value in raw.items() if key != "collation"}) != declared


@pytest.mark.parametrize("one", [1, 1.0, Int64(1)])
def test_numbers_compare_by_value_whatever_their_type(one: Any) -> None:
    declared = wanted_index(spec(("at", 1), expireAfterSeconds=1))
    listed = {"v": 2, "key": SON([("at", one)]), "name": declared.name, "expireAfterSeconds": one}
    assert index_from(listed) == declared


def test_the_order_of_keys_counts() -> None:
    assert wanted_index(spec(("a", 1), ("b", 1))) != wanted_index(spec(("b", 1), ("a", 1)))


@pytest.mark.parametrize("more", [{"unique": True}, {"sparse": True}, {"partialFilterExpression": {"a": 1}}])
def test_an_option_that_only_a_build_can_change_makes_another_index(more: dict[str, Any]) -> None:
    declared = wanted_index(spec(("a", 1)))
    assert index_from({"v": 2, "key": {"a": 1}, "name": declared.name, **more}) != declared


def test_version_numbers_do_not_count() -> None:
    declared = wanted_index(spec(("at", "2dsphere")))
    raw = {"v": 2, "key": {"at": "2dsphere"}, "name": declared.name, "2dsphereIndexVersion": 3, "ns": "daraa.things"}
    assert index_from(raw) == declared


def test_a_servers_own_classes_become_plain_ones() -> None:
    assert plain(SON([("a", (1.0, SON([("b", Int64(2))])))])) == {"a": [1, {"b": 2}]}


def test_no_two_indexes_of_a_collection_are_the_same_to_a_server() -> None:
    for collection in ALL:
        signatures = [signature(wanted_index(each)) for each in index_plan(collection)]
        assert len(signatures) == len(set(map(repr, signatures))), collection.name


def test_the_signature_ignores_name_and_expiry() -> None:
    (ttl,) = index_plan(by_name("otps"))
    by_hand = {"v": 2, "key": {"expiresAt": 1}, "name": "expiresAt_1"}
    assert signature(index_from(by_hand)) == signature(wanted_index(ttl))
