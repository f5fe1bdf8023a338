"""Delivers the local provider's hooks until somebody answers 200, each signed anew at every try."""

import asyncio
import http.client
import logging
import time
from urllib.parse import urlsplit

from daraa.ops.local_provider.memory import Due, Memory
from daraa.stores.providers import Keys

_LOG = logging.getLogger(__name__)
AT_ONCE = 20
ANSWER_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0


class Postman:
    """Takes what is due to one address."""

    def __init__(self, memory: Memory, keys: Keys, url: str) -> None:
        self._memory = memory
        self._keys = keys
        self._where = urlsplit(url)

    async def deliver(self, now: float) -> None:
        """Try everything that is due, many at once; nobody waits longer than the slowest of them."""
        due = self._memory.due_hooks(now, AT_ONCE)
        statuses = await asyncio.gather(*(asyncio.to_thread(self._post, each) for each in due))
        for each, status in zip(due, statuses, strict=True):
            if status == 200:
                self._memory.hook_taken(each.id, time.time())
                continue
            pause = min(FIRST_PAUSE_S * 2 ** min(each.tries, 10), LONGEST_PAUSE_S)
            self._memory.hook_put_off(each.id, time.time() + pause)
            _LOG.warning("hook %s was answered %s; again in %.1f s", each.event, status or "by nobody", pause)

    def _post(self, due: Due) -> int:
        body = due.body.encode()
        headers = self._keys.headers(due.event, time.time(), body) | {"content-type": "application/json"}
        connection = http.client.HTTPConnection(self._where.hostname or "", self._where.port, timeout=ANSWER_S)
        try:
            connection.request("POST", self._where.path, body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
