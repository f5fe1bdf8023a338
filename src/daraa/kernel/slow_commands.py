"""Logs every database command that took too long, so that a slow query is seen where it happens."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daraa.kernel.signals import install, remove

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlowCommands:
    """Hears every command; one line for each that took more than `slower_than_s` seconds, without its values."""

    slower_than_s: float

    def command(self, name: str, target: str, seconds: float, ok: bool) -> None:
        """`name` is the command (`find`), `target` the collection."""
        if seconds > self.slower_than_s:
            took_ms = round(seconds * 1000, 1)
            _LOG.warning("slow %s on %s: %.1f ms", name, target, took_ms, extra={"duration_ms": took_ms, "ok": ok})


@contextmanager
def logged_slow_commands(slower_than_s: float) -> Iterator[None]:
    """Log what takes longer than `slower_than_s` seconds in this process, while the block lasts."""
    sink = SlowCommands(slower_than_s)
    install(sink)
    try:
        yield
    finally:
        remove(sink)
