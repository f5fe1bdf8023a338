"""What the rest of the house may ask of a card provider; small, so that another provider is one more file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.money import CURRENCY_PATTERN, INT64_MAX

PROVIDER_UNAVAILABLE = register(
    "stores.provider.unavailable",
    status=503,
    retryable=True,
    en="The card provider is not available",
    ar="مزود بطاقات الدفع غير متاح",
)
PROVIDER_GARBLED = register(
    "stores.provider.garbled",
    status=502,
    retryable=True,
    en="The card provider's answer cannot be trusted",
    ar="إجابة مزود الدفع غير موثوقة",
)
PROVIDER_REFUSED = register(
    "stores.provider.refused", status=502, en="The card provider refused the request", ar="رفض مزود الدفع الطلب"
)
E = TypeVar("E", bound=StrEnum)
LONGEST_REF = 120
LONGEST_URL = 2000


class ChargeStatus(StrEnum):
    """Where a charge stands at the provider; `pending` waits for the payer."""

    PENDING = "pending"
    PROCESSING = "processing"
    CAPTURED = "captured"
    FAILED = "failed"


class RefundState(StrEnum):
    """Where a refund stands at the provider."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """What is to be charged, in minor units; `token` is what the provider's own form gave the payer for a card."""

    intent_id: str
    amount: int
    currency: str
    return_url: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as the provider sees it; `at` is when it came into this state there."""

    provider_ref: str
    intent_id: str
    status: ChargeStatus
    amount: int
    currency: str
    redirect_url: str | None = None
    failure: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """A refund as the provider sees it."""

    provider_ref: str
    state: RefundState
    failure: str | None = None


class CardProvider(Protocol):
    """One provider. Every call is bounded in time and may be repeated: its key is the intent's or refund's id.

    All raise `stores.provider.unavailable` (retryable: nobody answered, or it said so), `stores.provider.garbled`
    (an answer without a valid signature, or of another shape) and `stores.provider.refused` (it will not do it).
    """

    @property
    def name(self) -> str:
        """As in the settings: in hook addresses and in the ledger."""
        ...

    async def create(self, order: ChargeOrder) -> Charge:
        """Begin a charge, or return the one that this intent has already."""
        ...

    async def get(self, provider_ref: str) -> Charge | None:
        """The charge of that reference."""
        ...

    async def find(self, intent_id: str) -> Charge | None:
        """The charge of an intent whose reference was never recorded; None when there never was one."""
        ...

    async def refund(self, refund_id: str, provider_ref: str, amount: int, currency: str) -> RefundAnswer:
        """Give a part of a captured charge back, or tell how that refund stands."""
        ...


def charge_from(raw: Any) -> Charge:
    """A charge as it comes over the wire; `stores.provider.garbled` for any other shape."""
    if not isinstance(raw, Mapping):
        raise garbled("it is no object")
    return Charge(
        provider_ref=text_from(raw, "ref", LONGEST_REF),
        intent_id=text_from(raw, "reference", LONGEST_REF),
        status=_one_of(ChargeStatus, raw.get("status")),
        amount=_amount(raw.get("amount")),
        currency=_currency(raw),
        redirect_url=_optional(raw, "redirect_url", LONGEST_URL),
        failure=_optional(raw, "failure", 200),
        at=_moment(raw.get("at")),
    )


def refund_from(raw: Any) -> RefundAnswer:
    """A refund as it comes over the wire; `stores.provider.garbled` for any other shape."""
    if not isinstance(raw, Mapping):
        raise garbled("it is no object")
    return RefundAnswer(
        provider_ref=text_from(raw, "ref", LONGEST_REF),
        state=_one_of(RefundState, raw.get("status")),
        failure=_optional(raw, "failure", 200),
    )


def garbled(why: str) -> DaraaError:
    """An answer that must not be acted upon."""
    return DaraaError(
        PROVIDER_GARBLED, f"The card provider's answer is not usable: {why}.", hint="Nothing was changed; try again."
    )


def unavailable(why: str) -> DaraaError:
    """Nobody knows whether it was done; the same call again finds out."""
    return DaraaError(PROVIDER_UNAVAILABLE, f"The card provider is not available: {why}.", hint="Try again later.")


def text_from(raw: Mapping[str, Any], name: str, longest: int) -> str:
    """A text that must be there; `stores.provider.garbled` otherwise."""
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise garbled(f"{name} is missing or no short text")
    return value


def _optional(raw: Mapping[str, Any], name: str, longest: int) -> str | None:
    return text_from(raw, name, longest) if raw.get(name) is not None else None


def _currency(raw: Mapping[str, Any]) -> str:
    value = text_from(raw, "currency", 3)
    if not re.fullmatch(CURRENCY_PATTERN, value):
        raise garbled("currency is no currency")
    return value


def _amount(value: Any) -> int:
    if type(value) is not int or not 0 < value <= INT64_MAX:
        raise garbled("amount is no whole number above zero")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise garbled("at is no time") from None
    if moment.tzinfo is None:
        raise garbled("at has no zone")
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _one_of(kind: type[E], value: Any) -> E:
    try:
        return kind(value)
    except ValueError:
        raise garbled("its status is unknown") from None
