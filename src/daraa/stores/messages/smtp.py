"""E-mail through an SMTP server, in both scripts, with headers that no text can break out of."""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from typing import Literal

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.stores.messages.interface import refused, unsent
from daraa.stores.messages.threads import Threads

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_NOT_ATOM = re.compile(r"[^A-Za-z0-9_-]+")
LONGEST_ADDRESS = 254
_OUR_NAME = "daraa.invalid"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go. `tls` is how the connection is encrypted; `password` is used when `username` is set."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    sender: str
    username: str = ""
    password: SecretStr | None = None
    ca_file: str = ""


class SmtpEmail:
    """One connection a mail: a marketplace's mails are too few to keep one open."""

    def __init__(self, server: MailServer, *, seconds: float) -> None:
        self._server, self._seconds = server, seconds

    @cached_property
    def _threads(self) -> Threads:
        return Threads("daraa-email")

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # Made once, and only by who sends: reading the system's certificates takes longer than a mail.
        server = self._server
        return None if server.tls == "none" else ssl.create_default_context(cafile=server.ca_file or None)

    async def send(self, address: str, subject: str, text: str, *, reference: str) -> str:
        """See EmailSender."""
        mail = compose(self._server.sender, address, subject, text, reference)
        call = _Call(self._server, self._tls, self._seconds)
        try:
            await self._threads.run(lambda: call.deliver(mail, address), call, seconds=self._seconds)
        except TimeoutError:
            raise unsent("email", f"no answer within {self._seconds:g} s") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _told(error) from None
        return str(mail["Message-ID"])


def compose(sender: str, address: str, subject: str, text: str, reference: str) -> EmailMessage:
    """The mail. An address with anything but an address in it is `stores.message.refused`."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise refused("email", "the address is not one that mail can be sent to")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = address
    mail["Subject"] = _CONTROL.sub(" ", subject).strip()
    mail["Date"] = format_datetime(SYSTEM_CLOCK.now())
    # The same for every try, so that a mailbox can tell a repeated one.
    mail["Message-ID"] = f"<{_NOT_ATOM.sub('.', reference).strip('.')}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, charset="utf-8", cte="base64")
    return mail


class _Call:
    """One mail over one connection."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None, seconds: float) -> None:
        self._server, self._tls, self._seconds = server, tls, seconds
        self._smtp: smtplib.SMTP | None = None

    def deliver(self, mail: EmailMessage, address: str) -> None:
        with self._opened() as smtp:
            self._smtp = smtp
            if self._server.tls == "starttls":
                smtp.starttls(context=self._tls)
            if self._server.username and self._server.password is not None:
                smtp.login(self._server.username, self._server.password.get_secret_value())
            smtp.send_message(mail, self._server.sender, [address])

    def _opened(self) -> smtplib.SMTP:
        # Without a name of our own smtplib asks the network for one, which can take half a minute.
        host, port = self._server.host, self._server.port
        if self._server.tls == "tls":
            return smtplib.SMTP_SSL(host, port, _OUR_NAME, timeout=self._seconds, context=self._tls)
        return smtplib.SMTP(host, port, _OUR_NAME, timeout=self._seconds)

    def cut(self) -> None:
        connected: socket.socket | None = getattr(self._smtp, "sock", None)
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def _told(error: Exception) -> DaraaError:
    """What the server did, without what it was sent: 5xx about this mail stays, everything else may pass."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        permanent = all(code >= 500 for code in codes)
        return (refused if permanent else unsent)("email", f"the server refused the recipient ({codes[0]})")
    if isinstance(error, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)):
        code = error.smtp_code
        return (refused if code >= 500 else unsent)("email", f"the server refused the mail ({code})")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return unsent("email", f"the server refused the login ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return unsent("email", "the server does not offer what the settings ask for (STARTTLS or login)")
    return unsent("email", f"the server cannot be reached ({type(error).__name__})")
