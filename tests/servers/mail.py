"""A mail server on this machine that keeps what it receives, with STARTTLS or TLS and a login when asked for."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from servers.ports import free_port

HOST = "127.0.0.1"


@dataclass
class MailBox:
    """`mails` are what arrived; `answer` is what the server says after DATA, `recipient` after RCPT."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    answer: str = "250 taken"
    recipient: str = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Take the one right password."""
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, **answers: str
) -> Iterator[MailBox]:
    """One server; with a context its encryption is required."""
    box = MailBox(free_port(), **answers)  # type: ignore[arg-type]
    words: dict[str, Any] = {"auth_required": True, "authenticator": box.authenticate, "auth_require_tls": True}
    controller = Controller(
        box,
        HOST,
        box.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        **(words if starttls else {}),
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context with a certificate for this host, and the file by which a client trusts it."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    names = f"subjectAltName=IP:{HOST},DNS:localhost"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", names, "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)
