"""Tells the signal sinks about every database command, from the driver's own events."""

from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from daraa.kernel.signals import command_done

_QUIET = frozenset({"hello", "ismaster", "saslStart", "saslContinue", "endSessions", "killCursors", "ping"})


class SignalListener(CommandListener):
    """Counts what requests and jobs send; handshakes and pings are not theirs. Callbacks do not block."""

    def __init__(self) -> None:
        self._targets: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Remember the collection, which only this event carries."""
        if event.command_name not in _QUIET:
            target: Any = event.command.get(event.command_name)
            self._targets[event.request_id] = target if isinstance(target, str) else event.database_name

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """One command answered."""
        self._done(event, ok=True)

    def failed(self, event: CommandFailedEvent) -> None:
        """One command failed."""
        self._done(event, ok=False)

    def _done(self, event: CommandSucceededEvent | CommandFailedEvent, *, ok: bool) -> None:
        target = self._targets.pop(event.request_id, None)
        if target is not None:
            command_done(event.command_name, target, event.duration_micros / 1e6, ok)
