"""The plan is a pure decision: what is wanted and what is there give a list of named steps."""

import dataclasses
from typing import Any

import pytest

from daraa.collections import ALL, by_name
from daraa.collections.changes import CHANGES
from daraa.declare import Collection
from daraa.declare.collection import Database
from daraa.derive.fingerprint import fingerprint
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema
from daraa.ops.schema.live import Live, LiveCollection, LiveIndex, Recorded, plain, wanted_index
from daraa.ops.schema.plan import executable, pending, plan_schema
from daraa.ops.schema.steps import BuildIndex, ChangeIndex, DropIndex, Kind, RecordState, Report, SetValidator, Step
from daraa.ops.schema.wanted import wanted

SERVER = "8.0.4 abc"


def as_declared(*collections: Collection[Any], text: bool = True) -> Live:
    """A live database that is exactly as declared."""
    there = {}
    for collection in collections:
        indexes = tuple(wanted_index(spec) for spec in index_plan(collection) if text or not spec.needs)
        place = (collection.database, collection.db_name)
        there[place] = LiveCollection(*place, plain(json_schema(collection)), "strict", "error", indexes)
    return Live(there, Recorded(fingerprint(collections), SERVER, text), SERVER)


def with_indexes(live: Live, collection: Collection[Any], *indexes: LiveIndex) -> Live:
    place = (collection.database, collection.db_name)
    return dataclasses.replace(
        live, collections={**live.collections, place: dataclasses.replace(live.collections[place], indexes=indexes)}
    )


def plan(live: Live, *collections: Collection[Any], text: bool | None = True, **words: Any) -> tuple[Step, ...]:
    return plan_schema(wanted(collections, words.pop("changes", ()), **words), live, text)


def test_a_database_that_is_as_declared_needs_no_step() -> None:
    assert plan(as_declared(*ALL), *ALL) == ()


def test_an_empty_database_needs_every_collection_index_and_the_record_in_that_order() -> None:
    steps = plan(Live({}, server=SERVER), *ALL)
    kinds = [type(step).__name__ for step in steps]
    assert kinds == sorted(kinds, key=["CreateCollection", "BuildIndex", "RecordState"].index)
    assert kinds.count("CreateCollection") == len(ALL)
    assert kinds.count("BuildIndex") == sum(len(index_plan(each)) for each in ALL)
    assert pending(steps) == steps


def test_every_single_lost_index_is_found_and_named() -> None:
    for collection in ALL:
        whole, asked = as_declared(collection), wanted((collection,), ())
        specs = index_plan(collection)
        for lost in specs:
            kept = [wanted_index(spec) for spec in specs if spec is not lost]
            (step,) = plan_schema(asked, with_indexes(whole, collection, *kept), text=True)
            assert isinstance(step, BuildIndex)
            assert step.name == f"{collection.db_name}.{lost.name}"
            assert lost.serves in step.why


def test_text_indexes_are_reported_but_not_pending_where_the_server_has_none() -> None:
    steps = plan(as_declared(*ALL, text=False), *ALL, text=False)
    texts = {f"{each.db_name}.{spec.name}" for each in ALL for spec in index_plan(each) if spec.needs}
    assert {step.name for step in steps} == texts
    assert pending(steps) == ()
    assert executable(steps) == ()


def test_a_server_that_was_exchanged_is_looked_at_anew() -> None:
    live = dataclasses.replace(as_declared(*ALL), server="9.0.0")
    (step,) = plan(live, *ALL)
    assert isinstance(step, RecordState)
    assert "8.0.4" in step.why
    assert "9.0.0" in step.why


@pytest.mark.parametrize(("seconds", "step_kind"), [(60, ChangeIndex), (None, ChangeIndex)])
def test_a_ttl_is_changed_in_place(seconds: int | None, step_kind: type[Step]) -> None:
    otps = by_name("otps")
    (index,) = (wanted_index(spec) for spec in index_plan(otps))
    (step,) = plan(with_indexes(as_declared(otps), otps, dataclasses.replace(index, expire_after_s=seconds)), otps)
    assert isinstance(step, step_kind)
    assert isinstance(step, ChangeIndex)
    assert step.changes == {"expireAfterSeconds": 0}
    assert step.kind is Kind.IN_PLACE


def test_a_ttl_on_an_index_that_is_not_declared_to_expire_cannot_be_changed_in_place() -> None:
    carts = by_name("carts")
    indexes = [wanted_index(spec) for spec in index_plan(carts)]
    deleting = dataclasses.replace(indexes[0], expire_after_s=10)
    (step,) = plan(with_indexes(as_declared(carts), carts, deleting, *indexes[1:]), carts)
    assert isinstance(step, BuildIndex)
    assert step.drop_first == (deleting.name,)


def test_the_old_version_goes_only_in_a_later_step_than_the_build() -> None:
    carts = by_name("carts")
    first, *rest = [wanted_index(spec) for spec in index_plan(carts)]
    slug = first.name.rsplit("__", 1)[0]
    old = dataclasses.replace(first, name=f"{slug}__0a0a0a", fixed={"keys": (("currency", 1),)})
    build, drop = plan(with_indexes(as_declared(carts), carts, old, *rest), carts)
    assert (type(build), type(drop)) == (BuildIndex, DropIndex)
    assert isinstance(drop, DropIndex)
    assert (drop.target, drop.after, drop.kind) == (old.name, first.name, Kind.SWAP)


def test_a_stray_is_reported_with_the_words_that_remove_it_and_dropped_when_named() -> None:
    carts = by_name("carts")
    indexes = [wanted_index(spec) for spec in index_plan(carts)]
    live = with_indexes(as_declared(carts), carts, *indexes, LiveIndex("stray", {"keys": (("currency", 1),)}))
    (step,) = plan(live, carts)
    assert isinstance(step, Report)
    assert "--drop carts.stray" in step.why
    (step,) = plan(live, carts, drop=("carts.stray",))
    assert (type(step), step.kind) == (DropIndex, Kind.DESTRUCTIVE)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"validator": {}}, "no validator"),
        ({"validator": {"$jsonSchema": {}}}, "differs"),
        ({"action": "warn"}, "not enforced"),
        ({"level": "moderate"}, "not enforced"),
    ],
)
def test_a_validator_that_is_not_in_force_is_set(words: dict[str, Any], why: str) -> None:
    carts = by_name("carts")
    place = (carts.database, carts.db_name)
    live = as_declared(carts)
    weak = dataclasses.replace(live, collections={place: dataclasses.replace(live.collections[place], **words)})
    (step,) = plan(weak, carts)
    assert isinstance(step, SetValidator)
    assert why in step.why


def test_collections_that_the_archiver_fills_are_no_strays() -> None:
    live = as_declared(*ALL)
    cold = LiveCollection(Database.ARCHIVE, "orders", {}, "strict", "error")
    known = dataclasses.replace(live, collections={**live.collections, (Database.ARCHIVE, "orders"): cold})
    assert plan(known, *ALL) == ()


def test_a_former_name_beside_the_new_one_is_left_to_a_person() -> None:
    carts = dataclasses.replace(by_name("carts"), was=("baskets",))
    live = as_declared(carts)
    both = dataclasses.replace(
        live,
        collections={
            **live.collections,
            (Database.MAIN, "baskets"): LiveCollection(Database.MAIN, "baskets", {}, "strict", "error"),
        },
    )
    (step,) = plan(both, carts)
    assert isinstance(step, Report)
    assert "merge them by hand" in step.why


def test_an_index_that_a_member_lacks_is_named_with_the_member() -> None:
    carts = by_name("carts")
    place = (carts.database, carts.db_name)
    live = as_declared(carts)
    here = live.collections[place].indexes
    (step,) = plan(dataclasses.replace(live, members={"b:27017": {place: here[1:]}, "c:27017": {place: here}}), carts)
    assert isinstance(step, Report)
    assert "b:27017" in step.why
    assert here[0].name in step.why


def test_no_data_change_stays_in_the_list_under_two_names() -> None:
    assert len({change.id for change in CHANGES}) == len(CHANGES)
