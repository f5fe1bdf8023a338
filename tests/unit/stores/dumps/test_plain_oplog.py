"""An exported oplog holds plain entries about our databases alone, in spellings that mongod's applyOps takes."""

from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secantus import diff as secantus_diff

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.plain_oplog import PlainOplog, delta
from daraa.stores.mongo.oplog_diff import updated

TS = bson.Timestamp(1795904000, 3)
SESSION = {"id": bson.Binary(b"s" * 16, 4)}


def plain(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """What is written for these."""
    return bson.decode_all(PlainOplog("daraa").plain(b"".join(map(bson.encode, entries))))


def entry(**words: Any) -> dict[str, Any]:
    """One of the oplog."""
    return {"ts": TS, "t": bson.Int64(1), "v": bson.Int64(2), **words}


def test_an_entry_that_needs_nothing_is_written_byte_for_byte() -> None:
    one = bson.encode(entry(op="i", ns="daraa.notes", o={"_id": 1, "x": bson.Int64(5)}, ui=bson.Binary(b"u" * 16, 4)))
    assert PlainOplog("daraa").plain(one) == one


def test_others_databases_and_entries_that_do_nothing_are_left_out() -> None:
    assert plain(
        entry(op="n", ns="", o={"msg": "noop"}),
        entry(op="n", ns="daraa.notes", o={"msg": "noop"}),
        entry(op="i", ns="daraa2.notes", o={"_id": 1}),
        entry(op="i", ns="daraa_ledgers.notes", o={"_id": 1}),
    ) == []  # fmt: skip
    assert len(plain(entry(op="d", ns="daraa_ledger.pages", o={"_id": 1}))) == 1


def test_a_transaction_becomes_its_operations_at_the_time_when_it_was_committed() -> None:
    first = [{"op": "i", "ns": "daraa.notes", "o": {"_id": 1}}, {"op": "i", "ns": "else.notes", "o": {"_id": 2}}]
    last = [{"op": "u", "ns": "daraa.notes", "o": {"$v": 2, "diff": {"u": {"a": 1}}}, "o2": {"_id": 1}}]
    words = {"op": "c", "ns": "admin.$cmd", "lsid": SESSION, "txnNumber": bson.Int64(4)}
    later = bson.Timestamp(1795904009, 1)
    found = plain(
        entry(**words, o={"applyOps": first, "partialTxn": True}, prevOpTime={"ts": bson.Timestamp(0, 0)}),
        entry(**words, o={"applyOps": last}, prevOpTime={"ts": TS}) | {"ts": later},
    )
    assert [(each["op"], each["ns"], each["ts"]) for each in found] == [
        ("i", "daraa.notes", later), ("u", "daraa.notes", later),
    ]  # fmt: skip
    assert all("lsid" not in each and each["v"] == 2 for each in found)


def test_a_transaction_that_was_given_up_or_never_ended_is_left_out() -> None:
    words = {"op": "c", "ns": "admin.$cmd", "lsid": SESSION, "prevOpTime": {"ts": bson.Timestamp(0, 0)}}
    inner = [{"op": "i", "ns": "daraa.notes", "o": {"_id": 1}}]
    assert plain(
        entry(**words, txnNumber=bson.Int64(1), o={"applyOps": inner, "prepare": True}),
        entry(**words, txnNumber=bson.Int64(1), o={"abortTransaction": 1}),
        entry(**words, txnNumber=bson.Int64(2), o={"applyOps": inner, "partialTxn": True}),
    ) == []  # fmt: skip


def test_half_a_transaction_is_an_error() -> None:
    words = {"op": "c", "ns": "admin.$cmd", "lsid": SESSION, "txnNumber": bson.Int64(4), "prevOpTime": {"ts": TS}}
    with pytest.raises(DaraaError) as half:
        plain(entry(**words, o={"applyOps": []}))
    assert half.value.code == "backup.oplog.unsupported"


def test_a_replacement_without_an_id_gets_it() -> None:
    found = plain(entry(op="u", ns="daraa.notes", o={"a": 1}, o2={"_id": 7}))
    assert found[0]["o"] == {"_id": 7, "a": 1}


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ({"updatedFields": {"a": 1}}, {"u": {"a": 1}}),
        ({"updatedFields": {"a.b.c": 1}}, {"sa": {"sb": {"u": {"c": 1}}}}),
        ({"updatedFields": {"a.0.b": 1}}, {"sa": {"a": True, "s0": {"u": {"b": 1}}}}),
        ({"updatedFields": {"a.3": 1}}, {"sa": {"a": True, "u3": 1}}),
        ({"removedFields": ["a", "b.c"]}, {"d": {"a": False}, "sb": {"d": {"c": False}}}),
        ({"truncatedArrays": [{"field": "a.b", "newSize": 2}]}, {"sa": {"sb": {"a": True, "l": 2}}}),
    ],
)  # fmt: skip
def test_dotted_paths_become_mongods_sections(dotted: dict[str, Any], expected: dict[str, Any]) -> None:
    assert delta(dotted) == expected


WORDS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.integers(0, 3) | st.text(max_size=2) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400)
@given(st.dictionaries(WORDS, VALUES, max_size=3), st.dictionaries(WORDS, VALUES, max_size=3))
def test_the_servers_own_diff_means_the_same_in_mongods_spelling(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = secantus_diff.compute_update_description(before, after)
    assert updated(before, {"$v": 2, "diff": found}) == updated(before, {"$v": 2, "diff": delta(found)})
