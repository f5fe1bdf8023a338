"""A port for one server of one test run, away from the range in which the kernel picks ports for clients."""

import random

from daraa.stores.process import port_is_free

_FIRST, _LAST = 20_000, 26_999  # below 27117, where a `daraa up` beside the tests has its database
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now, and that this process was not given before.

    Random, so that runs beside each other rarely pick the same.
    """
    for _ in range(200):
        port = random.randint(_FIRST, _LAST)
        if port not in _given and port_is_free(host, port):
            _given.add(port)
            return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST}")
