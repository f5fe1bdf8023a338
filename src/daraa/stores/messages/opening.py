"""Opens the senders that the settings name; development ones are refused where others could be listening."""

from urllib.parse import urlsplit

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.stores.messages.development import DevelopmentEmail, DevelopmentPush, DevelopmentSms, MessageLog
from daraa.stores.messages.interface import (
    MESSAGES_UNCONFIGURED,
    MESSAGES_UNSAFE,
    EmailSender,
    PushSender,
    SmsSender,
)
from daraa.stores.messages.push import HttpPush
from daraa.stores.messages.sms import HttpSms
from daraa.stores.messages.smtp import MailServer, SmtpEmail

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def open_sms(settings: Settings) -> SmsSender:
    """The SMS gateway; without one every send is `stores.messages.unconfigured`: nobody can log in by phone then."""
    if _is_development(settings):
        return DevelopmentSms(MessageLog(settings.home))
    words = settings.messages
    if not words.sms_url:
        return _Unconfigured()
    return HttpSms(words.sms_url, settings.secret("sms_key"), seconds=words.timeout_s)


def open_email(settings: Settings) -> EmailSender | None:
    """The mail server, or None when there is none: then no mails are sent."""
    if _is_development(settings):
        return DevelopmentEmail(MessageLog(settings.home))
    words = settings.messages
    if not words.smtp_host:
        return None
    if words.smtp_tls == "none" and words.smtp_host not in _LOOPBACK:
        raise _unsafe("Mails would go to another machine unencrypted.", "Set DARAA_MESSAGES_SMTP_TLS.")
    if not words.smtp_from:
        raise DaraaError(
            MESSAGES_UNCONFIGURED,
            "DARAA_MESSAGES_SMTP_HOST is set and DARAA_MESSAGES_SMTP_FROM is not.",
            hint="Set the address from which mails are sent.",
        )
    password = settings.secret("smtp_password") if words.smtp_username else None
    server = MailServer(
        words.smtp_host,
        words.smtp_port,
        words.smtp_tls,
        words.smtp_from,
        words.smtp_username,
        password,
        words.smtp_ca_file,
    )
    return SmtpEmail(server, seconds=words.timeout_s)


def open_push(settings: Settings) -> PushSender | None:
    """The push gateway, or None when there is none: then no push messages are sent."""
    if _is_development(settings):
        return DevelopmentPush(MessageLog(settings.home))
    words = settings.messages
    if not words.push_url:
        return None
    return HttpPush(words.push_url, settings.secret("push_key"), seconds=words.timeout_s)


def is_local(settings: Settings) -> bool:
    """True when the API and the database are of this very machine, so that nobody else takes part."""
    hosts = {settings.api.host, urlsplit(settings.mongo.url).hostname or "127.0.0.1"}
    return hosts <= _LOOPBACK


def _is_development(settings: Settings) -> bool:
    """True in development mode, which is refused unless everything is local."""
    if settings.messages.mode == "development" and not is_local(settings):
        raise _unsafe(
            "DARAA_MESSAGES_MODE is development on a platform that other machines take part in.",
            "Leave it out and set DARAA_MESSAGES_SMS_URL: login codes would be written to a file.",
        )
    return settings.messages.mode == "development"


def _unsafe(problem: str, mend: str) -> DaraaError:
    return DaraaError(MESSAGES_UNSAFE, problem, hint=mend)


class _Unconfigured:
    """What stands where no SMS gateway is set."""

    async def send(self, phone: str, text: str, *, reference: str) -> str:
        """Always `stores.messages.unconfigured`."""
        raise DaraaError(
            MESSAGES_UNCONFIGURED,
            "No SMS gateway is set.",
            hint="Set DARAA_MESSAGES_SMS_URL; on your own machine DARAA_MESSAGES_MODE=development writes to a file.",
        )
