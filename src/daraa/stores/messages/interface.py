"""What a sender of messages promises, and how it fails: for good, for now, or because the device is gone."""

from typing import Protocol

from daraa.kernel.errors import DaraaError, register

MESSAGE_UNSENT = register(
    "stores.message.unsent",
    status=503,
    retryable=True,
    en="The message could not be sent now",
    ar="تعذر إرسال الرسالة الآن",
)
MESSAGE_REFUSED = register(
    "stores.message.refused", status=502, en="The provider refused the message", ar="رفض المزود الرسالة"
)
DEVICE_UNREGISTERED = register(
    "stores.device.unregistered", status=410, en="The device takes no messages any more", ar="الجهاز لم يعد يستقبل"
)
MESSAGES_UNCONFIGURED = register(
    "stores.messages.unconfigured", status=503, en="No provider is set for this message", ar="لم يحدد مزود للرسائل"
)
MESSAGES_UNSAFE = register(
    "stores.messages.unsafe", status=500, en="These message settings are not safe", ar="إعدادات الرسائل غير آمنة"
)


class SmsSender(Protocol):
    """Hands texts to telephones."""

    async def send(self, phone: str, text: str, *, reference: str) -> str:
        """Hand `text` to the provider for `phone` (E.164); its id of the message.

        The same `reference` may come again after a lost answer: the provider is told it, to send once. DaraaError
        `stores.message.unsent` (a retry may help) or `stores.message.refused` (it will not). Neither the number nor
        the text is in any error or log.
        """
        ...


class EmailSender(Protocol):
    """Hands mails to mailboxes."""

    async def send(self, address: str, subject: str, text: str, *, reference: str) -> str:
        """Hand a plain-text mail to the server; the Message-ID, which `reference` alone determines. Fails like SMS."""
        ...


class PushSender(Protocol):
    """Hands messages to devices."""

    async def send(self, token: str, title: str, text: str, *, reference: str, path: str | None = None) -> str:
        """Hand a message to the device of `token`; the provider's id. `path` is what a tap opens.

        Fails like SMS, and with `stores.device.unregistered` when the provider says that the token is dead.
        """
        ...


def unsent(what: str, why: str) -> DaraaError:
    """A failure that may pass: `what` is the channel, `why` says what the provider did, never what it was sent."""
    return DaraaError(MESSAGE_UNSENT, f"{what}: {why}.", hint="It is tried again; if it lasts, look at the provider.")


def refused(what: str, why: str) -> DaraaError:
    """A failure that stays."""
    return DaraaError(MESSAGE_REFUSED, f"{what}: {why}.", hint="Mend what the provider refuses; no retry will help.")
