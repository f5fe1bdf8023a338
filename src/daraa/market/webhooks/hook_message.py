"""Reads what a card provider posts to us; pure, and strict about all that decides money."""

import json
from dataclasses import dataclass
from typing import Any

from daraa.kernel.errors import DaraaError
from daraa.market.webhooks.errors import malformed
from daraa.stores.providers import Charge, charge_from

ABOUT_CHARGES = "charge."
LONGEST_TYPE = 100


@dataclass(frozen=True, slots=True)
class HookMessage:
    """One event of a provider; `charge` is absent for the types that we keep and do not use."""

    type: str
    charge: Charge | None
    text: str


def read_message(body: bytes) -> HookMessage:
    """`{"type": "charge.captured", "data": {…}}`; `webhooks.body.malformed` for anything else."""
    try:
        text = body.decode("utf-8")
        raw: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise malformed("it is no JSON") from None
    if not isinstance(raw, dict):
        raise malformed("it is no object")
    kind = raw.get("type")
    if not isinstance(kind, str) or not 0 < len(kind) <= LONGEST_TYPE or not kind.isprintable():
        raise malformed("it has no type")
    if not kind.startswith(ABOUT_CHARGES):
        return HookMessage(kind, None, text)
    try:
        return HookMessage(kind, charge_from(raw.get("data")), text)
    except DaraaError as error:
        raise malformed(error.message) from None
