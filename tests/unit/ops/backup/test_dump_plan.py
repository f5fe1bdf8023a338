"""Which databases of a dump are meant, and what of it is restored, is decided before a document is read."""

import pytest

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.ops.backup.dump_plan import DumpPlan, plan_dump
from daraa.stores.dumps.dump import Found
from daraa.stores.dumps.metadata import Metadata


def plan(*namespaces: str, prefix: str = "", names: tuple[str, ...] = ()) -> DumpPlan:
    """Of a dump with these collections."""
    found = [Found(*name.split(".", 1), Metadata(), documents=True) for name in namespaces]
    return plan_dump(found, "dump", prefix=prefix, names=names)


@pytest.mark.parametrize(
    ("namespaces", "prefix"),
    [
        (("daraa.a", "daraa_ledger.a", "daraa_audit.a", "daraa_archive.a"), "daraa"),
        (("daraa_ledger.a", "daraa_audit.a"), "daraa"),
        (("shop.a",), "shop"),
        (("shop.a", "admin.system.users", "config.x", "local.y"), "shop"),
        (("my_ledger.a", "my_ledger_audit.a"), "my_ledger"),
    ],
)
def test_the_main_database_is_the_one_whose_name_begins_all(namespaces: tuple[str, ...], prefix: str) -> None:
    assert plan(*namespaces).prefix == prefix


@pytest.mark.parametrize(
    "namespaces",
    [("shop.a", "other.a"), ("daraa_ledger.a",), ("admin.system.users",), ("daraa.a", "daraa_ledger.a", "x.a")],
)
def test_what_is_not_clear_is_asked_for(namespaces: tuple[str, ...]) -> None:
    with pytest.raises(DaraaError) as unclear:
        plan(*namespaces)
    assert unclear.value.code == "backup.dump.unclear"
    assert "--prefix" in unclear.value.hint


def test_a_prefix_decides_and_the_rest_is_named() -> None:
    made = plan("daraa_ledger.a", "x.b", "admin.system.users", prefix="daraa")
    assert [(each.part, each.name) for each in made.shapes] == [(Database.LEDGER, "a")]
    assert made.left_out == (
        "x.b: its database is not asked for",
        "admin.system.users: it is the server's own",
    )


def test_a_prefix_that_the_dump_does_not_have_is_an_error() -> None:
    with pytest.raises(DaraaError, match="nothing of daraa"):
        plan("shop.a", prefix="daraa")


def test_names_choose_with_and_without_the_database() -> None:
    there = ("daraa.a", "daraa.b", "daraa_ledger.a")
    assert [each.namespace for each in plan(*there, names=("a",)).collections] == ["daraa.a", "daraa_ledger.a"]
    assert [each.namespace for each in plan(*there, names=("daraa.a",)).collections] == ["daraa.a"]
    with pytest.raises(DaraaError) as unknown:
        plan(*there, names=("a", "c"))
    assert unknown.value.code == "backup.collection.unknown"


def test_what_only_old_tools_write_is_forgotten() -> None:
    index = {"v": 1, "key": {"a": 1}, "name": "a_1", "ns": "shop.a", "dropDups": True}
    clustered = {"v": 2, "key": {"_id": 1}, "name": "c", "unique": True, "clustered": True}
    metadata = Metadata({"autoIndexId": True, "capped": True, "size": 4096}, (index, clustered))
    made = plan_dump([Found("shop", "a", metadata, documents=True)], "dump")
    assert made.shapes[0].options == {"capped": True, "size": 4096}
    assert made.shapes[0].indexes == ({"v": 1, "key": {"a": 1}, "name": "a_1"},)


def test_documents_that_are_missing_are_noticed_and_a_view_has_none() -> None:
    view = Found("shop", "v", Metadata({"viewOn": "a", "pipeline": []}, kind="view"), documents=False)
    made = plan_dump([Found("shop", "a", None, documents=True), view], "dump")
    assert [each.name for each in made.views] == ["v"]
    with pytest.raises(DaraaError, match="the documents of shop"):
        plan_dump([Found("shop", "a", Metadata(), documents=False)], "dump")
