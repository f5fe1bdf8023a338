"""Every log line is one JSON object in ECS, and nothing gets around the redaction."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from daraa.kernel.logs import LONGEST_MESSAGE, configure_logging, log_context

LOG = logging.getLogger("daraa.test")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Where the lines go; the logging of the test run is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("daraa-test", "info", stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def one(out: io.StringIO) -> dict[str, Any]:
    (line,) = lines(out)
    return line


def test_a_line_has_the_fields_that_readers_of_logs_expect(out: io.StringIO) -> None:
    LOG.warning("took %d ms", 12)
    line = one(out)
    assert (line["log.level"], line["message"]) == ("warning", "took 12 ms")
    assert (line["service.name"], line["log.logger"]) == ("daraa-test", "daraa.test")
    assert line["@timestamp"].endswith("Z")
    assert line["@timestamp"][10] == "T"
    assert list(line)[:3] == ["@timestamp", "log.level", "message"]
    assert "error.type" not in line
    assert "trace.id" not in line


def test_a_message_of_many_lines_is_one_line(out: io.StringIO) -> None:
    LOG.info('one\ntwo\r\n{"three": 3}\u2028four')
    assert len(out.getvalue().split("\n")) == 2
    assert one(out)["message"].startswith("one\ntwo")


def test_arabic_is_readable_in_the_line(out: io.StringIO) -> None:
    LOG.info("طلب جديد من أحمد")
    assert "طلب جديد من أحمد" in out.getvalue()


def test_ids_and_labels_come_from_the_context_and_nest(out: io.StringIO) -> None:
    with log_context(trace_id="4bf92f3577b34da6a3ce929d0e0e4736", request_id="req_1", job="backup.take"):
        with log_context(attempt=2):
            LOG.info("inside", extra={"rows": 7})
        LOG.info("between")
    LOG.info("outside")
    inside, between, outside = lines(out)
    assert inside["trace.id"] == between["trace.id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert inside["http.request.id"] == "req_1"
    assert inside["labels"] == {"job": "backup.take", "attempt": 2, "rows": 7}
    assert between["labels"] == {"job": "backup.take"}
    assert not {"trace.id", "http.request.id", "labels"} & set(outside)


def test_an_error_comes_with_its_type_message_and_stack(out: io.StringIO) -> None:
    try:
        raise ValueError("no such order")
    except ValueError:
        LOG.exception("could not read")
    line = one(out)
    assert (line["error.type"], line["error.message"]) == ("ValueError", "no such order")
    assert "raise ValueError" in line["error.stack_trace"]
    assert line["message"] == "could not read"


@pytest.mark.parametrize(
    "secret", ["0933123456", "٠٩٣٣١٢٣٤٥٦", "ahmad@example.com", "Bearer abcdef123456", "redis://:pw12@h/0"]
)
def test_no_way_leads_around_the_redaction(secret: str, out: io.StringIO) -> None:
    with log_context(note=f"from {secret}"):
        try:
            try:
                raise KeyError(f"inner {secret}")
            except KeyError as inner:
                raise RuntimeError(f"outer {secret}") from inner
        except RuntimeError:
            LOG.exception("with %s and %s", secret, {"deep": [secret]}, extra={"who": secret, "more": {"x": [secret]}})
    assert secret not in out.getvalue()
    assert secret.split()[-1] not in out.getvalue()


def test_values_under_sensitive_keys_are_hidden_whatever_they_are(out: io.StringIO) -> None:
    LOG.info("made", extra={"otp": 1234, "apiKey": "short", "session": {"accessToken": "x1"}, "count": 3})
    labels = one(out)["labels"]
    assert (labels["otp"], labels["apiKey"], labels["count"]) == ("[redacted]", "[redacted]", 3)
    assert json.loads(labels["session"]) == {"accessToken": "[redacted]"}


def test_a_wrong_placeholder_costs_no_line(out: io.StringIO) -> None:
    # Once more, because the test runner has added a handler of its own that would raise.
    configure_logging("daraa-test", "info", stream=out)
    LOG.info("%d of %d", "one")
    assert one(out)["message"] == "%d of %d (its arguments do not fit)"


def test_a_long_message_is_cut_between_words_so_that_no_half_secret_is_left(out: io.StringIO) -> None:
    LOG.info("a" * (LONGEST_MESSAGE - 6) + " 0933123456 " + "b" * 100)
    message = one(out)["message"]
    assert "0933" not in message
    assert message.endswith(f"({LONGEST_MESSAGE - 6 + 12 + 100} characters)")


def test_a_long_message_of_many_lines_keeps_its_end_where_a_stack_says_why(out: io.StringIO) -> None:
    frames = "".join(f"  File number {number}, in lifespan\n" for number in range(600))
    LOG.info(f"Traceback\n{frames}password: hunter2\nRuntimeError: the schema is older than this program")
    message = one(out)["message"]
    assert message.startswith("Traceback")
    assert message.endswith("RuntimeError: the schema is older than this program")
    assert "hunter2" not in message
    assert len(message) < LONGEST_MESSAGE + 100


def test_text_that_is_no_utf8_is_escaped_and_not_lost(out: io.StringIO) -> None:
    LOG.info("file \udce4.txt")
    written = out.getvalue()
    written.encode("utf-8")
    assert "txt" in written


def test_a_stream_that_knows_only_ascii_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure_logging("daraa-test", "info", stream=stream)
        LOG.info("درعا")
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
    assert json.loads(raw.getvalue())["message"] == "درعا"


def test_lower_levels_are_left_out_and_drivers_are_held_at_warning(out: io.StringIO) -> None:
    configure_logging("daraa-test", "debug", stream=out)
    LOG.debug("ours")
    logging.getLogger("pymongo.command").debug("a whole document")
    assert [line["message"] for line in lines(out)] == ["ours"]


def test_configuring_again_does_not_double_the_lines(out: io.StringIO) -> None:
    configure_logging("daraa-test", "info", stream=out)
    LOG.info("once")
    assert len(lines(out)) == 1


def test_warnings_of_libraries_are_lines_too(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    assert "old way" in out.getvalue()
    assert one(out)["log.logger"] == "py.warnings"


def test_an_error_of_our_own_is_named_with_its_module(out: io.StringIO) -> None:
    class Odd(Exception):
        pass

    try:
        raise Odd("strange")
    except Odd:
        LOG.error("seen", exc_info=sys.exc_info())
    assert one(out)["error.type"].endswith("Odd")
    assert "test_logs" in one(out)["error.type"]
