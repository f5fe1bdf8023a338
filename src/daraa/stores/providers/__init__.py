"""The card provider: the only code that talks to it, and the signatures by which both sides know each other."""

from daraa.stores.providers.http import HttpCardProvider, open_provider
from daraa.stores.providers.interface import (
    PROVIDER_GARBLED,
    PROVIDER_REFUSED,
    PROVIDER_UNAVAILABLE,
    CardProvider,
    Charge,
    ChargeOrder,
    ChargeStatus,
    RefundAnswer,
    RefundState,
    charge_from,
    garbled,
)
from daraa.stores.providers.signing import SIGNATURE_INVALID, SIGNATURE_STALE, Keys, keys_from

__all__ = [
    "PROVIDER_GARBLED",
    "PROVIDER_REFUSED",
    "PROVIDER_UNAVAILABLE",
    "SIGNATURE_INVALID",
    "SIGNATURE_STALE",
    "CardProvider",
    "Charge",
    "ChargeOrder",
    "ChargeStatus",
    "HttpCardProvider",
    "Keys",
    "RefundAnswer",
    "RefundState",
    "charge_from",
    "garbled",
    "keys_from",
    "open_provider",
]
