"""Queries and indexes match both ways: no read without an index, no index that nobody reads."""

from collections import Counter

from daraa.collections import ALL
from daraa.declare import Ttl
from queries import every_query

BY_ID = "by id"


def pairs(found: set[tuple[str, str]]) -> str:
    return "\n".join(f"  {collection}: {serves}" for collection, serves in sorted(found))


def test_every_index_is_read_by_a_query_and_every_query_has_its_index() -> None:
    asked = {(query.collection.name, query.serves) for query in every_query() if query.serves != BY_ID}
    declared = {
        (collection.name, index.serves)
        for collection in ALL
        for index in collection.all_indexes
        if not isinstance(index, Ttl)
    }
    assert asked == declared, (
        f"indexes that no query reads:\n{pairs(declared - asked)}\nqueries without an index:\n{pairs(asked - declared)}"
    )


def test_no_two_queries_share_the_name_under_which_the_server_logs_them() -> None:
    names = Counter(query.full_name for query in every_query())
    assert [name for name, count in names.items() if count > 1] == []


def test_queries_read_only_collections_that_are_listed() -> None:
    listed = {id(collection) for collection in ALL}
    assert [query.full_name for query in every_query() if id(query.collection) not in listed] == []
