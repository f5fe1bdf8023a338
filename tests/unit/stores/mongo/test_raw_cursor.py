"""Taking a reply to a `find` apart: what the driver would decode, as bytes; and nothing else as if it were one."""

from collections.abc import Callable, Mapping
from typing import Any

import bson
import pytest
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.errors import FAILED
from daraa.stores.mongo.raw_batches import stream
from daraa.stores.mongo.raw_cursor import find_raw

pytestmark = pytest.mark.anyio
Answer = Callable[[Mapping[str, Any]], bytes]
ROWS = [{"_id": n, "text": "ن" * n, "rows": [{"0": n}]} for n in range(12)]
VALUES = st.one_of(st.integers(-(2**31), 2**31), st.text(), st.binary(), st.booleans(), st.none(), st.floats())


def reply(batch: str, rows: list[dict[str, Any]], cursor: int, **more: Any) -> bytes:
    """A server's answer."""
    return bson.encode({"cursor": {**more, batch: rows, "id": bson.Int64(cursor), "ns": "shop.orders"}, "ok": 1.0})


class Server:
    """A database that gives these answers in turn and remembers what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.client = self

    def start_session(self, **words: Any) -> "Server":
        return self

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(self, *error: object) -> None:
        return None

    async def command(self, command: dict[str, Any], **words: Any) -> RawBSONDocument | None:
        self.asked.append(command)
        return None if "killCursors" in command else RawBSONDocument(self.answers.pop(0))


async def read(server: Any) -> list[bytes]:
    """All answers of a find."""
    return [found async for found in find_raw(server, {"find": "orders"}, 5)]


async def test_the_documents_come_as_their_bytes_from_all_answers_in_order() -> None:
    server = Server(reply("firstBatch", ROWS[:11], 7), reply("nextBatch", ROWS[11:], 0))
    assert b"".join(await read(server)) == b"".join(map(bson.encode, ROWS))
    assert server.asked[1] == {"getMore": 7, "collection": "orders", "batchSize": 5}


async def test_other_elements_of_the_cursor_are_passed_over() -> None:
    odd = {
        "partialResultsReturned": False,
        "postBatchResumeToken": {"_data": "82"},
        "atClusterTime": bson.Timestamp(1, 2),
    }
    assert await read(Server(reply("firstBatch", ROWS[:1], 0, **odd))) == [bson.encode(ROWS[0])]


async def test_an_empty_collection_is_one_empty_answer() -> None:
    assert await read(Server(reply("firstBatch", [], 0))) == [b""]


@given(
    st.lists(
        st.dictionaries(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), VALUES),
        max_size=120,
    )
)
async def test_whatever_the_documents_are(rows: list[dict[str, Any]]) -> None:
    (found,) = await read(Server(reply("firstBatch", rows, 0)))
    assert found == b"".join(map(bson.encode, rows))


@pytest.mark.parametrize(
    "cursor",
    [
        {"firstBatch": ROWS, "ns": "shop.orders"},
        {"id": bson.Int64(0), "ns": "shop.orders"},
        {"firstBatch": ["no document"], "id": bson.Int64(0)},
        {"firstBatch": [], "id": bson.Int64(0), "odd": bson.Regex("x")},
    ],
    ids=["no id", "no batch", "text among documents", "an unknown type"],
)
async def test_a_reply_of_another_form_is_refused(cursor: dict[str, Any]) -> None:
    with pytest.raises(InvalidBSON):
        await read(Server(bson.encode({"cursor": cursor, "ok": 1.0})))


async def test_bytes_that_are_no_reply_are_an_error_for_people() -> None:
    server: Any = Server(bson.encode({"cursor": {"id": bson.Int64(0)}, "ok": 1.0}))
    with pytest.raises(DaraaError, match="read orders: the reply to a find has no batch") as caught:
        _ = [found async for found in stream(server, {"find": "orders"}, "read orders", 5)]
    assert caught.value.code == FAILED


async def test_a_length_that_lies_is_refused_wherever_it_stands() -> None:
    whole = bson.encode({"firstBatch": ROWS[:3], "id": bson.Int64(0)})
    place = whole.index(bson.encode(ROWS[1]))
    for lie in (0, 4, -1, 2**31 - 1, len(whole)):
        broken = whole[:place] + lie.to_bytes(4, "little", signed=True) + whole[place + 4 :]
        reply_ = b"\x03cursor\0" + broken + b"\0"
        with pytest.raises(InvalidBSON):
            await read(Server((len(reply_) + 4).to_bytes(4, "little") + reply_))


async def test_a_reader_that_stops_early_has_the_cursor_closed_on_the_server() -> None:
    server: Any = Server(reply("firstBatch", ROWS[:2], 99))
    answers = find_raw(server, {"find": "orders"}, 2)
    await anext(answers)
    await answers.aclose()
    assert server.asked[-1] == {"killCursors": "orders", "cursors": [99]}


async def test_a_cursor_that_was_read_to_its_end_is_not_closed_again() -> None:
    server = Server(reply("firstBatch", ROWS, 0))
    await read(server)
    assert [next(iter(each)) for each in server.asked] == ["find"]
