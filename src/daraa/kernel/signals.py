"""How stores tell what they did without knowing who listens: api and jobs install the sinks."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


class SignalSink(Protocol):
    """Receives one call per finished database command. Must not block."""

    def command(self, name: str, target: str, seconds: float, ok: bool) -> None:
        """`name` is the command (`find`), `target` the collection, `seconds` how long the server took."""
        ...


@dataclass(slots=True)
class CommandCount:
    """How many database commands ran in one context (a request, a job run) and how long they took together."""

    total: int = 0
    seconds: float = 0.0
    names: list[str] = field(default_factory=list)


_SINKS: list[SignalSink] = []
_COUNT: ContextVar[CommandCount | None] = ContextVar("daraa_command_count", default=None)


def install(sink: SignalSink) -> None:
    """Let `sink` hear every later signal of this process."""
    _SINKS.append(sink)


def remove(sink: SignalSink) -> None:
    """Stop telling `sink`."""
    _SINKS.remove(sink)


def command_done(name: str, target: str, seconds: float, ok: bool) -> None:
    """Called by stores after each database command."""
    count = _COUNT.get()
    if count is not None:
        count.total += 1
        count.seconds += seconds
        count.names.append(name)
    for sink in _SINKS:
        sink.command(name, target, seconds, ok)


@contextmanager
def count_commands() -> Iterator[CommandCount]:
    """Count the database commands sent in this context."""
    count = CommandCount()
    token = _COUNT.set(count)
    try:
        yield count
    finally:
        _COUNT.reset(token)
