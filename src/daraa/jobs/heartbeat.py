"""Keeps a lease alive while its holder works, and says when that is over."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from daraa.kernel.errors import DaraaError

_LOG = logging.getLogger(__name__)


async def beat_until_lost(renew: Callable[[], Awaitable[bool]], lease_s: float) -> None:
    """Call `renew` three times per `lease_s`; returns once the lease is lost.

    Lost is: somebody else has it, or no renewal got through for so long that somebody may. The second is measured by
    the time that has gone by here, never by comparing clocks, and counts from before the request was sent.
    """
    last = time.monotonic()
    while True:
        await asyncio.sleep(lease_s / 3)
        sent = time.monotonic()
        try:
            async with asyncio.timeout(lease_s / 3):
                if not await renew():
                    return
            last = sent
        except (DaraaError, TimeoutError) as error:
            _LOG.warning("a lease could not be renewed: %s", error)
            if time.monotonic() - last > lease_s * 2 / 3:
                return
