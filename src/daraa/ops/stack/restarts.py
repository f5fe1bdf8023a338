"""When a dead part is started again: pure, so that the rule can be read and tested in one place."""

from collections.abc import Sequence

WINDOW_S = 60.0
MOST = 3
# Readiness looks at most a second late and gives up after two: with three a dead part is always seen to be missing.
DELAYS_S = (3.0, 4.0, 5.0)


def restart_delay(deaths: Sequence[float], now: float) -> float | None:
    """Seconds to wait before the next start of a part that died at the given times; None means give up.

    Three restarts within a minute are allowed; the fourth death in that time ends the run.
    """
    recent = [moment for moment in deaths if now - moment < WINDOW_S]
    return None if len(recent) > MOST else DELAYS_S[max(len(recent), 1) - 1]
