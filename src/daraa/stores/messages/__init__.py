"""Messages to people outside: SMS, e-mail and push, each through one provider that the settings name."""

from daraa.stores.messages.interface import (
    DEVICE_UNREGISTERED,
    MESSAGE_REFUSED,
    MESSAGE_UNSENT,
    EmailSender,
    PushSender,
    SmsSender,
)
from daraa.stores.messages.opening import is_local, open_email, open_push, open_sms

__all__ = [
    "DEVICE_UNREGISTERED",
    "MESSAGE_REFUSED",
    "MESSAGE_UNSENT",
    "EmailSender",
    "PushSender",
    "SmsSender",
    "is_local",
    "open_email",
    "open_push",
    "open_sms",
]
