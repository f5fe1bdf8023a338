"""Named points between protocol steps where tests kill the process; in any other run a mark does nothing."""

import os
import signal

_armed = os.environ.get("DARAA_TEST_CRASH_AT", "")


def arm(name: str) -> None:
    """Let this process die at the next mark of that name: for tests whose process is ready before it is doomed."""
    global _armed
    _armed = name


def mark(name: str) -> None:
    """Say that the protocol has reached `name`; dies by SIGKILL when a test armed exactly this point."""
    if _armed and name == _armed:
        os.kill(os.getpid(), signal.SIGKILL)
