"""Updates as oplogs spell them, applied to one document."""

from typing import Any

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.oplog_diff import updated

BEFORE: dict[str, Any] = {"_id": 1, "a": 1, "s": {"k": 1, "l": 2}, "items": [{"n": 1}, {"n": 2}, {"n": 3}]}


@pytest.mark.parametrize(
    ("diff", "after"),
    [
        ({"u": {"a": 5}}, {**BEFORE, "a": 5}),
        ({"i": {"z": 9}}, {**BEFORE, "z": 9}),
        ({"d": {"a": False}}, {key: value for key, value in BEFORE.items() if key != "a"}),
        ({"ss": {"u": {"k": 7}, "d": {"l": False}}}, {**BEFORE, "s": {"k": 7}}),
        (
            {"sitems": {"a": True, "l": 2, "s0": {"u": {"n": 8}}, "u1": "x"}},
            {**BEFORE, "items": [{"n": 8}, "x"]},
        ),
        ({"sitems": {"a": True, "u4": {"n": 5}}}, {**BEFORE, "items": [*BEFORE["items"], None, {"n": 5}]}),
        ({"sitems": {"a": True, "l": 4}}, {**BEFORE, "items": [*BEFORE["items"], None]}),
        ({"d": {"a": False}, "u": {"s": 0}, "i": {"y": 1}}, {"_id": 1, "s": 0, "items": BEFORE["items"], "y": 1}),
    ],
)
def test_a_diff_of_mongod_changes_exactly_what_it_says(diff: dict[str, Any], after: dict[str, Any]) -> None:
    result = updated(BEFORE, {"$v": 2, "diff": diff})
    assert result == after
    assert list(result) == list(after), "the order of fields is part of the stored bytes"


@pytest.mark.parametrize(
    ("diff", "after"),
    [
        ({"updatedFields": {"s.k": 5, "items.1.n": 0, "y": []}}, {"s": {"k": 5, "l": 2}, "y": []}),
        ({"removedFields": ["s.l", "a"]}, {"s": {"k": 1}}),
        ({"truncatedArrays": [{"field": "items", "newSize": 1}]}, {"items": [{"n": 1}]}),
        ({"updatedFields": {"new.deep": 1}}, {"new": {"deep": 1}}),
    ],
)
def test_a_diff_with_dotted_paths_changes_exactly_what_it_says(diff: dict[str, Any], after: dict[str, Any]) -> None:
    expected = {key: value for key, value in BEFORE.items() if key not in diff.get("removedFields", ())} | after
    if "items.1.n" in diff.get("updatedFields", {}):
        expected["items"] = [{"n": 1}, {"n": 0}, {"n": 3}]
    assert updated(BEFORE, {"$v": 2, "diff": diff}) == expected
    assert BEFORE["s"] == {"k": 1, "l": 2}, "what is read is not changed"


def test_replacements_and_old_operators_are_read_too() -> None:
    assert updated(BEFORE, {"_id": 1, "only": 2}) == {"_id": 1, "only": 2}
    changed = updated(BEFORE, {"$v": 1, "$set": {"s.k": 3}, "$unset": {"a": True}})
    assert changed == {"_id": 1, "s": {"k": 3, "l": 2}, "items": BEFORE["items"]}


@pytest.mark.parametrize(
    "diff",
    [{"sa": {"u": {"n": 1}}}, {"ss": {"a": True, "u0": 1}}, {"sgone": {"u": {"n": 1}}}, {"sitems": {"u": {"n": 1}}}],
)
def test_a_diff_that_meets_a_later_state_is_left_out(diff: dict[str, Any]) -> None:
    assert updated(BEFORE, {"$v": 2, "diff": diff}) == BEFORE


@pytest.mark.parametrize(
    "change",
    [
        {"$v": 2, "diff": {"b": {"x": 1}}},
        {"$v": 2, "diff": {"sitems": {"a": True, "x0": 1}}},
        {"$v": 2, "diff": {"updatedFields": {}, "more": 1}},
        {"$v": 1, "$inc": {"a": 1}},
    ],
)
def test_an_update_of_an_unknown_spelling_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DaraaError, match="cannot replay") as refused:
        updated(BEFORE, change)
    assert refused.value.code == "backup.oplog.unsupported"
