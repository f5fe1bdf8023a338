"""JSON log lines in the Elastic Common Schema, each redacted as its last step, so that no way around it exists."""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from daraa.kernel.redaction import redact_text, redact_value

ECS_VERSION = "8.17.0"
LONGEST_MESSAGE = 8_192
LONGEST_STACK = 32_768
LONGEST_LABEL = 1_024
_CHATTY = ("pymongo", "asyncio", "httpx", "httpcore", "urllib3")
# JSON allows these inside a string, but many readers of lines end the line there.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@dataclass(frozen=True, slots=True)
class _Context:
    trace_id: str | None = None
    request_id: str | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)


_CONTEXT: ContextVar[_Context] = ContextVar("daraa_log_context", default=_Context())  # noqa: B039 - frozen


@contextmanager
def log_context(*, trace_id: str | None = None, request_id: str | None = None, **labels: Any) -> Iterator[None]:
    """Give every line logged inside these ids and labels, in this task and the tasks it starts; contexts nest."""
    outer = _CONTEXT.get()
    token = _CONTEXT.set(
        _Context(trace_id or outer.trace_id, request_id or outer.request_id, {**outer.labels, **labels})
    )
    try:
        yield
    finally:
        _CONTEXT.reset(token)


class EcsFormatter(logging.Formatter):
    """One record as one line of JSON; what was passed as `extra` becomes a label."""

    def __init__(self, service: str, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._service = service
        self._ascii_only = ascii_only

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        context = _CONTEXT.get()
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "@timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "log.level": record.levelname.lower(),
            "message": _redacted(_message(record), LONGEST_MESSAGE),
            "ecs.version": ECS_VERSION,
            "service.name": self._service,
            "log.logger": record.name,
            "process.pid": record.process,
        }
        if context.trace_id:
            line["trace.id"] = redact_text(context.trace_id)
        if context.request_id:
            line["http.request.id"] = redact_text(context.request_id)
        line |= _error(record)
        extra = {key: value for key, value in vars(record).items() if key not in _OWN and not key.startswith("_")}
        if labels := _labels({**context.labels, **extra}):
            line["labels"] = labels
        text = json.dumps(line, ensure_ascii=self._ascii_only, separators=(",", ":"))
        # A lone surrogate (from a file name, say) is no UTF-8; the stream would refuse the whole line.
        return text.translate(_LINE_ENDS).encode("utf-8", "backslashreplace").decode("utf-8")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001, RUF100 - a wrong placeholder must not cost the line
        return f"{record.msg} (its arguments do not fit)"


def _error(record: logging.LogRecord) -> dict[str, str]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "error.type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        "error.message": _redacted(str(error), LONGEST_MESSAGE),
        "error.stack_trace": _stack(kind, error, trace),
    }


def _stack(kind: type[BaseException] | None, error: BaseException, trace: TracebackType | None) -> str:
    text = logging.Formatter().formatException((kind or type(error), error, trace))
    if len(text) > LONGEST_STACK:
        # The end of a stack says most: where it failed and why.
        text = text[-LONGEST_STACK:].partition("\n")[2]
    return redact_text(text)


def _labels(found: Mapping[str, Any]) -> dict[str, Any]:
    """ECS labels are scalars under keys without dots; anything deeper becomes JSON text."""
    labels: dict[str, Any] = {}
    for key, value in redact_value(found).items():
        scalar = value is None or isinstance(value, (bool, int, float, str))
        text = value if scalar else json.dumps(value, ensure_ascii=False)
        labels[key.replace(".", "_")] = text[:LONGEST_LABEL] if isinstance(text, str) else text
    return labels


def _redacted(text: str, most: int) -> str:
    """At most about `most` characters; cut first, and between words, so that no half of a secret is left to be seen."""
    if len(text) <= most:
        return redact_text(text)
    said = f"… ({len(text)} characters)"
    if "\n" in text and len(text) <= LONGEST_STACK:
        # Of many lines the last say most: uvicorn logs the stack of a failed start as a message. Whole when redacted.
        whole = redact_text(text)
        return f"{whole[: most // 2]} {said} …\n{whole[-most // 2 :].partition(chr(10))[2]}"
    return f"{redact_text(text[:most].rsplit(maxsplit=1)[0])} {said}"


def configure_logging(service: str, level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send all logging of this process to standard output (or `stream`) as redacted JSON of at least `level`.

    May be called again. Drivers that would log whole documents at lower levels are held at warning.
    """
    target = stream or sys.stdout
    ascii_only = (getattr(target, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    handler = logging.StreamHandler(target)
    handler.setFormatter(EcsFormatter(service, ascii_only=ascii_only))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
