"""Messages on a developer's machine: nothing is sent; everything is written where the developer can read it."""

import json
import logging
import os
from pathlib import Path

from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK

FILE = "messages.log"
LARGEST = 5_000_000
_LOG = logging.getLogger(__name__)


class MessageLog:
    """`<home>/logs/messages.log`, one JSON object a line, for this user's eyes only.

    The ordinary log redacts telephone numbers and codes, so a message written there would be worth nothing.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / "logs" / FILE

    def write(self, channel: str, to: str, reference: str, **words: str | None) -> str:
        """Add one message; its made-up id."""
        message = new_id("msg")
        line = {"at": SYSTEM_CLOCK.now().isoformat(), "id": message, "channel": channel, "to": to, **words}
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > LARGEST:
            self.path.replace(self.path.with_suffix(".log.1"))
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # One write, so that several processes never mix their lines.
            os.write(handle, (json.dumps(line | {"reference": reference}, ensure_ascii=False) + "\n").encode())
        finally:
            os.close(handle)
        _LOG.info("development: one message by %s was written to logs/%s", channel, FILE)
        return message


class DevelopmentSms:
    """Writes instead of sending."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log

    async def send(self, phone: str, text: str, *, reference: str) -> str:
        """See SmsSender."""
        return self._log.write("sms", phone, reference, text=text)


class DevelopmentEmail:
    """Writes instead of sending."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log

    async def send(self, address: str, subject: str, text: str, *, reference: str) -> str:
        """See EmailSender."""
        return self._log.write("email", address, reference, subject=subject, text=text)


class DevelopmentPush:
    """Writes instead of sending."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log

    async def send(self, token: str, title: str, text: str, *, reference: str, path: str | None = None) -> str:
        """See PushSender."""
        return self._log.write("push", token, reference, title=title, text=text, path=path)
