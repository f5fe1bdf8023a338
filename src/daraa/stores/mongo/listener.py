"""Tells the signal sinks about every database command, from the driver's own events."""

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from daraa.kernel.signals import command_done

_QUIET = frozenset({"hello", "ismaster", "saslStart", "saslContinue", "endSessions", "killCursors", "ping"})


@dataclass(slots=True)
class _Crash:
    left: int = 0
    when: str = ""
    names: frozenset[str] = frozenset()
    request_id: int = -1

    def sending(self, name: str, request_id: int) -> None:
        if self.left == 0 or (self.names and name not in self.names):
            return
        self.left -= 1
        if self.left == 0:
            if self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            self.request_id = request_id

    def answered(self, request_id: int) -> None:
        if request_id == self.request_id:
            os.kill(os.getpid(), signal.SIGKILL)


_CRASH = _Crash()


def arm_crash(number: int, when: str, names: Iterable[str] = ()) -> None:
    """For tests: die by SIGKILL `before` this process sends its `number`th command, or `after` the server answered.

    With `names` only commands of these names are counted. The variable DARAA_TEST_CRASH_COMMAND says the same as
    `17:before` or `1:after:create,createIndexes`.
    """
    _CRASH.left, _CRASH.when, _CRASH.names = number, when, frozenset(names)


if _armed := os.environ.get("DARAA_TEST_CRASH_COMMAND"):
    _number, _when, *_names = _armed.split(":")
    arm_crash(int(_number), _when, _names[0].split(",") if _names else ())


class SignalListener(CommandListener):
    """Counts what requests and jobs send; handshakes and pings are not theirs. Callbacks do not block."""

    def __init__(self) -> None:
        self._targets: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Remember the collection, which only this event carries."""
        if event.command_name not in _QUIET:
            target: Any = event.command.get(event.command_name)
            self._targets[event.request_id] = target if isinstance(target, str) else event.database_name
            _CRASH.sending(event.command_name, event.request_id)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """One command answered."""
        self._done(event, ok=True)

    def failed(self, event: CommandFailedEvent) -> None:
        """One command failed."""
        self._done(event, ok=False)

    def _done(self, event: CommandSucceededEvent | CommandFailedEvent, *, ok: bool) -> None:
        _CRASH.answered(event.request_id)
        target = self._targets.pop(event.request_id, None)
        if target is not None:
            command_done(event.command_name, target, event.duration_micros / 1e6, ok)
